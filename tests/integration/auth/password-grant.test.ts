import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { databasesBySize } from "#server/testing/databases.ts";
import {
  openAuthStage,
  PASSWORD,
  type Answer,
  type AuthStage,
  type Fields,
} from "#tests/testing/auth/auth-stage.ts";

const outcome = ({ status, body }: Answer) => [status, body["error"], body["error_description"]];

describe.each(databasesBySize)("RFC 9700 §2.4 [9]: the password grant on $name", ({ name }) => {
  let stage: AuthStage;
  beforeEach(async () => {
    stage = await openAuthStage(name);
    await stage.addAccount({ id: "alice", login: "Alice", email: "alice@example.com" });
  });
  afterEach(() => stage[Symbol.asyncDispose]());

  /** Asks through a proxy that the server trusts, from the address given. */
  const ask = (change: Fields = {}, address = "192.0.2.1") =>
    stage.post(
      "/oauth/token",
      {
        grant_type: "password",
        client_id: "codelab-flutter-app",
        username: "Alice",
        password: PASSWORD,
        ...change,
      },
      { "x-forwarded-for": address },
    );

  test("is for clients that somebody allowed it, and for no other, whatever their grant types", async () => {
    await stage.addClient({ clientId: "plain" });
    expect(outcome(await ask({ client_id: "plain" }))[1]).toBe("unauthorized_client");
    const client = await stage.clients.find("codelab-flutter-app");
    await stage.store.auth.clients.update({ ...(client ?? fail()), allowPasswordGrant: false });
    expect(outcome(await ask())[1]).toBe("unauthorized_client");
  });

  test("gives tokens by login or e-mail address, and says what is left of the limit", async () => {
    // [F25] What stands around a name was typed or pasted along with it: spaces, also without break or ideographic.
    const pasted = ["alice ", "\u00a0Alice\u3000", "\talice@example.com\u00a0"];
    for (const username of ["Alice", "ALICE@example.com", ...pasted]) {
      const { status, body, headers } = await ask({ username });
      expect([status, body]).toEqual([
        200,
        {
          access_token: expect.any(String),
          token_type: "bearer",
          expires_in: 900,
          refresh_token: expect.any(String),
          refresh_expires_in: 30 * 86_400,
          scope: "api:read api:write",
          account: { id: "alice", name: "The account alice", local: false },
        },
      ]);
      expect(headers.get("x-ratelimit-limit")).toBe("5");
      expect(headers.get("x-ratelimit-remaining")).toMatch(/^[0-5]$/);
    }
  });

  test("says one thing of a wrong password, an unknown account and one that is switched off", async () => {
    await stage.addAccount({ id: "off", active: false });
    const refusals = [
      await ask({ password: "Wrong-horse-1" }),
      await ask({ username: "nobody" }),
      await ask({ username: "off" }),
    ].map(outcome);
    expect(refusals).toEqual(
      Array.from({ length: 3 }, () => [401, "invalid_grant", "Invalid username or password"]),
    );
  });

  test("[W6] of a grant that is not valid is 401 for clients of the original, which know no other, and else 400", async () => {
    const refusals = async (clientId: string, address: string) => {
      const password = await ask({ client_id: clientId, password: "Wrong-horse-1" }, address);
      return [password, await stage.refresh("prt_unknown", { client_id: clientId })];
    };
    const original = await refusals("codelab-flutter-app", "192.0.2.1");
    const ours = await refusals("pipit-cli", "192.0.2.2");
    expect([original.map(({ status }) => status), ours.map(({ status }) => status)]).toEqual([
      [401, 401],
      [400, 400],
    ]);
    expect(original.map(({ body }) => body)).toEqual(ours.map(({ body }) => body));
    // Basic would make a browser ask its user for a password.
    const challenges = original.map(({ headers }) => headers.get("www-authenticate"));
    expect(challenges).toEqual(['Bearer realm="pipit"', 'Bearer realm="pipit"']);
  });

  test.each([{ username: "" }, { password: "" }])("without %o is an invalid request", async (change) => {
    const refused = [400, "invalid_request", "Missing required parameters: username and password"];
    expect(outcome(await ask(change))).toEqual(refused);
  });

  test("never skips the second factor, and says which parameter is missing", async () => {
    const code = await stage.addSecondFactor("alice");
    const missing = await ask();
    expect([missing.status, missing.body["error"]]).toEqual([401, "invalid_grant"]);
    expect(missing.body["error_description"]).toContain("otp");
    expect(outcome(await ask({ otp: "000000" })).slice(0, 2)).toEqual([401, "invalid_grant"]);
    const given = await ask({ otp: code });
    expect(given.status).toBe(200);
    expect(outcome(await ask({ otp: code })).slice(0, 2)).toEqual([401, "invalid_grant"]);
  });

  test("after five failures from one network is 429, with what to wait for", async () => {
    for (let n = 0; n < 5; n++) await ask({ username: `nobody-${n}` });
    const { status, body, headers } = await ask();
    expect([status, body]).toEqual([
      429,
      {
        error: "invalid_request",
        error_description: "Too many requests. Please try again later.",
        pipit_code: "RATE_LIMITED",
      },
    ]);
    expect(headers.get("x-ratelimit-limit")).toBe("5");
    expect(headers.get("x-ratelimit-remaining")).toBe("0");
    const seconds = Number(headers.get("retry-after"));
    expect(headers.get("x-ratelimit-reset")).toBe(String(seconds));
    expect(seconds).toBeLessThanOrEqual(60);
    expect((await ask({}, "192.0.2.2")).status).toBe(200);
  });

  test("after five failures in a row locks the account, also for the right password, and not its sessions", async () => {
    const before = await stage.signIn("Alice");
    for (let n = 0; n < 5; n++) await ask({ password: "Wrong-horse-1" }, `192.0.2.${n}`);
    const { status, body, headers } = await ask({}, "192.0.2.9");
    expect([status, body["error"]]).toEqual([429, "invalid_grant"]);
    expect(body["error_description"]).toMatch(/^Too many failed attempts\. Try again in \d+ seconds\.$/);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(60);
    // Strangers cause a lockout; it must not sign the user out.
    expect((await stage.refresh(before.refreshToken)).status).toBe(200);
  });
});

describe("the other sign-ins", () => {
  let stage: AuthStage;
  beforeAll(async () => {
    stage = await openAuthStage("SQLite");
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  test("of the local account are no password's affair", async () => {
    const { login = "" } = (await stage.query("select login from accounts where is_local = 1"))[0] ?? {};
    const answer = await stage.post("/oauth/token", {
      grant_type: "password",
      client_id: "pipit-cli",
      username: String(login),
      password: "",
    });
    expect(answer.body["error"]).toBe("invalid_request");
  });
});

function fail(): never {
  throw new Error("the client is missing");
}
