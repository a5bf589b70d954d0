import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Auth } from "#proto/auth_pb.ts";
import { Otp } from "#proto/otp_pb.ts";
import { databasesBySize } from "#server/testing/databases.ts";
import { GrpcJsClient } from "../server-clients.ts";
import {
  bearer,
  openAuthStage,
  PASSWORD,
  type Answer,
  type AuthStage,
  type Fields,
} from "#tests/testing/auth/auth-stage.ts";
import { createFormBrowser } from "#tests/testing/auth/form-browser.ts";
import { authorizationRequest } from "#tests/testing/auth/oidc-stage.ts";
import { outcomeOf } from "#tests/testing/auth/statements-flows.ts";

const INVALID_GRANT = [400, "invalid_grant"];
const NEW_PASSWORD = "Battery-staple-2";
const WRONG = "Wrong-horse-9";
const EIGHT = Array.from({ length: 8 }, (_, count) => count);
/** 200 at once are tried without the wire, and on two servers: this is about the wire. */
const WRONG_AT_ONCE = 40;
const RIGHT_AT_ONCE = 20;
const MAX_HASHES = 5;

describe.each(databasesBySize)("accounts on $name", ({ name }) => {
  let stage: AuthStage;
  let grpc: GrpcJsClient;
  let people = 0;
  let ann: string;
  beforeAll(async () => {
    stage = await openAuthStage(name);
    grpc = new GrpcJsClient(stage.server.grpcUrl);
  });
  beforeEach(async () => {
    people += 1;
    ann = `ann-${people}`;
    await stage.addAccount({ id: ann });
  });
  afterAll(async () => {
    grpc[Symbol.dispose]();
    await stage[Symbol.asyncDispose]();
  });

  /** From an address of its own, by the proxy that the server trusts. */
  const from = (count: number): Fields => ({
    "x-forwarded-for": `10.${people}.${count >> 8}.${count & 255}`,
    "x-forwarded-proto": "https",
  });
  const json = (method: string, path: string, body: object, headers: Fields): Promise<Answer> =>
    sendJson(stage.url + path, method, body, headers);
  const grant = (change: Fields = {}, count = 0): Promise<Answer> => {
    const form = { grant_type: "password", client_id: "pipit-cli", username: ann, password: PASSWORD };
    return stage.post("/oauth/token", { ...form, ...change }, from(count));
  };
  const statusOf = async (accessToken: string): Promise<number> =>
    (await stage.get("/oauth/sessions", bearer(accessToken))).status;

  const endings: readonly (readonly [string, (own: Fields) => Promise<Answer>, boolean])[] = [
    [
      "a change of password",
      (own) => json("PUT", "/auth/password", { old_password: PASSWORD, new_password: NEW_PASSWORD }, own),
      true,
    ],
    [
      "switching the account off",
      (own) => json("POST", "/auth/deactivate", { password: PASSWORD }, own),
      true,
    ],
    ["logging out", (own) => json("POST", "/auth/logout", {}, own), false],
  ];
  test.each(endings)(
    "[12] [G10] %s ends refresh tokens at once, and access tokens with them",
    async (how, end, all) => {
      const [own, other] = [await stage.signIn(ann), await stage.signIn(ann)];
      expect([await statusOf(own.accessToken), await statusOf(other.accessToken)]).toEqual([200, 200]);
      expect((await end(bearer(own.accessToken))).status).toBe(200);
      const ended = how === "a change of password" ? [other] : all ? [own, other] : [own];
      for (const { refreshToken, accessToken } of ended) {
        expect(outcomeOf(await stage.refresh(refreshToken))).toEqual(INVALID_GRANT);
        expect(await statusOf(accessToken)).toBe(401);
      }
      if (!all) expect((await stage.refresh(other.refreshToken)).status).toBe(200);
    },
  );

  /** Ways to show a password; each resolves to the access token or cookie that it gave, if it gave one that is good. */
  const ways: readonly (readonly [string, () => Promise<string | undefined>])[] = [
    ["the token endpoint", async () => asText((await grant()).body["access_token"])],
    [
      "the endpoint of another client",
      async () => asText((await grant({ client_id: "codelab-flutter-app" })).body["access_token"]),
    ],
    [
      "the web login",
      async () => {
        const answer = await json("POST", "/auth/login", { login: ann, password: PASSWORD }, from(1));
        return answer.headers.getSetCookie().find((line) => line.startsWith("session_token"));
      },
    ],
    [
      "/api/v1/token/",
      async () => {
        const { body } = await json("POST", "/api/v1/token/", { username: ann, password: PASSWORD }, from(2));
        return asText(body["access"]);
      },
    ],
    [
      "the sign-in page",
      async () => {
        const browser = createFormBrowser(stage.url, from(3));
        const page = await browser.open(authorizationRequest().url);
        const next = await browser.send(page, { login: ann, password: PASSWORD });
        return next.headers.get("location") ?? browser.cookies.get("session_token");
      },
    ],
    [
      "gRPC Login",
      async () => {
        const { messages } = await grpc.call(Auth.method.login, { login: ann, password: PASSWORD });
        const token = messages[0]?.token ?? "";
        // It gives a token that is good for the code alone.
        expect(token).not.toBe("");
        return (await statusOf(token)) === 200 ? token : undefined;
      },
    ],
  ];
  test.each(ways)("[9] a password does not pass by the second factor at %s", async (_name, sign) => {
    expect(await sign()).toBeDefined();
    await stage.addSecondFactor(ann);
    expect(await sign()).toBeUndefined();
  });

  test("[37] [G9] a code of the second factor is taken once, also when eight send it at once", async () => {
    const otp = await stage.addSecondFactor(ann);
    const answers = await Promise.all(EIGHT.map((count) => grant({ otp }, count)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(["invalid_grant", "invalid_request"]).toContain(answer.body["error"]);
    }
    expect((await grant({ otp }, 9)).status).not.toBe(200);
  });

  test("[37] [G9] a code that one door took is used up at every other, by HTTP and gRPC", async () => {
    const otp = await stage.addSecondFactor(ann);
    const { messages } = await grpc.call(Auth.method.login, { login: ann, password: PASSWORD });
    const token = messages[0]?.token ?? "";
    const check = async () => {
      const answer = await grpc.call(Otp.method.checkOtp, { login: ann, otp }, { token });
      return answer.messages[0]?.valid;
    };
    expect(await check()).toBe(true);
    expect(await check()).toBe(false);
    expect(await statusOf(token)).toBe(200);
    expect((await grant({ otp })).status).toBe(400);
    const web = { login: ann, password: PASSWORD, otp };
    expect((await json("POST", "/auth/login", web, from(1))).status).toBe(401);
    const api = { username: ann, password: PASSWORD, otp };
    expect((await json("POST", "/api/v1/token/", api, from(2))).status).toBe(401);
  });

  test("[G9] one step before and one after are taken, two are not", async () => {
    const taken = async (steps: number) => {
      people += 1;
      ann = `ann-${people}`;
      await stage.addAccount({ id: ann });
      return (await grant({ otp: await stage.addSecondFactor(ann, steps) })).status === 200;
    };
    const steps = [-2, -1, 0, 1, 2];
    const results: boolean[] = [];
    for (const step of steps) results.push(await taken(step));
    expect(results).toEqual([false, true, true, true, false]);
  });

  test("[G3] 40 wrong passwords at once from as many addresses cost five hashes at most, and lock the right one out", async () => {
    const known = await stage.signIn(ann);
    const before = await hashes();
    const answers = await Promise.all(
      Array.from({ length: WRONG_AT_ONCE }, (_, count) => grant({ password: WRONG }, count)),
    );
    for (const { status } of answers) expect([400, 429, 503]).toContain(status);
    expect((await hashes()) - before).toBeLessThanOrEqual(MAX_HASHES);
    const right = await grant({}, 250);
    expect([right.status, right.body["error"]]).toEqual([429, "invalid_grant"]);
    expect((await stage.refresh(known.refreshToken)).status).toBe(200);
  });

  /** Every hash of a password has an outcome in the audit; who was refused before has another reason. */
  async function hashes(): Promise<number> {
    const rows = await stage.query(
      "select outcome, reason from audit_events where event = 'login' and user_id = $1",
      ann,
    );
    return rows.filter(({ outcome, reason }) => outcome === "success" || reason === "wrong-password").length;
  }

  test("[G3] 20 right passwords at once from one address all get in", async () => {
    const answers = await Promise.all(Array.from({ length: RIGHT_AT_ONCE }, () => grant()));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: RIGHT_AT_ONCE }, () => 200));
  });

  test("[G4] an unknown login, a wrong password and a switched-off account are one answer, byte for byte", async () => {
    await stage.addAccount({ id: `off-${people}`, active: false });
    const attempts = [
      { login: `nobody-${people}`, password: PASSWORD },
      { login: ann, password: WRONG },
      { login: `off-${people}`, password: PASSWORD },
    ];
    const asked = async (ask: (login: string, password: string, count: number) => Promise<Answer>) => {
      const answers: Answer[] = [];
      for (const [count, { login, password }] of attempts.entries()) {
        answers.push(await ask(login, password, count + 1));
      }
      return new Set(
        answers.map(({ status, text, headers }) => `${status} ${[...headers.keys()].join()} ${text}`),
      );
    };
    const answers = [
      await asked((username, password, count) => grant({ username, password }, count)),
      await asked((login, password, count) =>
        json("POST", "/auth/login", { login, password }, from(10 + count)),
      ),
      await asked((username, password, count) =>
        json("POST", "/api/v1/token/", { username, password }, from(20 + count)),
      ),
    ];
    expect(answers.map(({ size }) => size)).toEqual([1, 1, 1]);
  });
});

async function sendJson(url: string, method: string, body: object, headers: Fields): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const value: unknown = text === "" ? {} : JSON.parse(text);
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: typeof value === "object" && value !== null ? { ...value } : {},
  };
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
