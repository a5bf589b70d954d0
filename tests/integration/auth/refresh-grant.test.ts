import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databasesBySize, sharedDatabases } from "#server/testing/databases.ts";
import { bearer, openAuthStage, type Answer, type AuthStage } from "#tests/testing/auth/auth-stage.ts";
import { systemOrigin } from "#server/domain/audit/system-origin.ts";

const DAY_MS = 86_400_000;
const GRACE_SECONDS = 900;

/** The tokens of an answer that must have some. */
function tokensOf({ status, body }: Pick<Answer, "status" | "body">): {
  readonly accessToken: string;
  readonly refreshToken: string;
} {
  if (status !== 200) throw new Error(`no tokens: ${status} ${JSON.stringify(body)}`);
  return { accessToken: String(body["access_token"]), refreshToken: String(body["refresh_token"]) };
}

const outcome = ({ status, body }: Pick<Answer, "status" | "body">) => [status, body["error"]];
const invalidGrant = [400, "invalid_grant"];

describe.each(databasesBySize)("the refresh grant on $name", ({ name }) => {
  let stage: AuthStage;
  beforeAll(async () => {
    stage = await openAuthStage(name);
    for (const id of ["alice", "bob"]) await stage.addAccount({ id });
    await stage.addClient({
      clientId: "strict",
      refreshGraceMs: 0,
      firstParty: true,
      allowPasswordGrant: true,
      grantTypes: ["password", "refresh_token"],
    });
    await stage.addClient({
      clientId: "short",
      refreshTtlSeconds: 3_600,
      refreshAbsoluteSeconds: 7_200,
      firstParty: true,
      allowPasswordGrant: true,
      grantTypes: ["password", "refresh_token"],
    });
    await stage.addClient({
      clientId: "no-refresh",
      firstParty: true,
      allowPasswordGrant: true,
      grantTypes: ["password"],
    });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  test("RFC 6749 §6 [5]: the scope can become smaller and never wider; without one it is the original", async () => {
    const { refreshToken } = await stage.signIn("alice", { scope: "api:read openid" });
    expect(outcome(await stage.refresh(refreshToken, { scope: "api:read api:write" }))).toEqual([
      400,
      "invalid_scope",
    ]);
    const less = await stage.refresh(refreshToken, { scope: "api:read" });
    expect(less.body["scope"]).toBe("api:read");
    expect(decodeJwt(tokensOf(less).accessToken)["scope"]).toBe("api:read");
    const whole = await stage.refresh(tokensOf(less).refreshToken);
    expect(whole.body["scope"]).toBe("api:read openid");
    expect(decodeJwt(String(whole.body["id_token"]))["sub"]).toBe("alice");
  });

  test("RFC 6749 §6 [6]: a token is good for its client alone, and another's try does not cost it", async () => {
    const { refreshToken } = await stage.signIn("alice");
    expect(outcome(await stage.refresh(refreshToken, { client_id: "pipit-web" }))).toEqual(invalidGrant);
    expect((await stage.refresh(refreshToken)).status).toBe(200);
  });

  test("RFC 9700 §4.14 [10]: a token of a public client is good once, and its successor has the same session", async () => {
    const first = await stage.signIn("alice");
    const second = tokensOf(await stage.refresh(first.refreshToken));
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(decodeJwt(second.accessToken)["sid"]).toBe(decodeJwt(first.accessToken)["sid"]);
    const third = tokensOf(await stage.refresh(second.refreshToken));
    expect(outcome(await stage.refresh(first.refreshToken))).toEqual(invalidGrant);
    expect(outcome(await stage.refresh(third.refreshToken))).toEqual(invalidGrant);
  });

  test("[G2] of eight at once all get one successor", async () => {
    const { refreshToken } = await stage.signIn("alice");
    const answers = await Promise.all(Array.from({ length: 8 }, () => stage.refresh(refreshToken)));
    expect(new Set(answers.map((answer) => tokensOf(answer).refreshToken)).size).toBe(1);
  });

  test("of an answer that was lost, a repeat after ten minutes of sleep has the next token again", async () => {
    const first = await stage.signIn("alice");
    const lost = tokensOf(await stage.refresh(first.refreshToken));
    stage.advance(10 * 60_000);
    const again = tokensOf(await stage.refresh(first.refreshToken));
    expect(again.refreshToken).toBe(lost.refreshToken);
    expect((await stage.get("/oauth/sessions", bearer(again.accessToken))).status).toBe(200);
    expect((await stage.refresh(again.refreshToken)).status).toBe(200);
  });

  test("RFC 9700 §4.14 [11]: reuse ends the session with its access tokens, and no other session", async () => {
    const other = await stage.signIn("alice");
    const first = await stage.signIn("alice");
    const second = tokensOf(await stage.refresh(first.refreshToken));
    expect((await stage.get("/oauth/sessions", bearer(second.accessToken))).status).toBe(200);
    const third = tokensOf(await stage.refresh(second.refreshToken));
    stage.advance(60_000);
    expect(outcome(await stage.refresh(first.refreshToken))).toEqual(invalidGrant);
    expect(outcome(await stage.refresh(third.refreshToken))).toEqual(invalidGrant);
    for (const { accessToken } of [first, second, third]) {
      expect((await stage.get("/oauth/sessions", bearer(accessToken))).status).toBe(401);
    }
    expect((await stage.refresh(other.refreshToken)).status).toBe(200);
    expect((await stage.get("/oauth/sessions", bearer(other.accessToken))).status).toBe(200);
  });

  test("RFC 9700 §4.14 [11]: a strict client has no grace: of eight at once nothing is left alive", async () => {
    const strict = { client_id: "strict" };
    const { refreshToken } = await stage.signIn("alice", strict);
    const answers = await Promise.all(Array.from({ length: 8 }, () => stage.refresh(refreshToken, strict)));
    const winners = answers.filter((answer) => answer.status === 200);
    expect(winners.length).toBeLessThanOrEqual(1);
    for (const winner of winners) {
      expect(outcome(await stage.refresh(tokensOf(winner).refreshToken, strict))).toEqual(invalidGrant);
    }
  });

  describe("RFC 9700 §2.2.2 [12]: a session ends", () => {
    const short = { client_id: "short" };

    test("when it was idle for as long as its client says", async () => {
      const { refreshToken } = await stage.signIn("alice", short);
      stage.advance(3_600_000);
      expect(outcome(await stage.refresh(refreshToken, short))).toEqual(invalidGrant);
    });

    test("after its absolute lifetime, however often it was refreshed", async () => {
      const first = await stage.post("/oauth/token", {
        grant_type: "password",
        client_id: "short",
        username: "alice",
        password: "Correct-horse-1",
      });
      expect(first.body["refresh_expires_in"]).toBe(3_600);
      stage.advance(3_000_000);
      const second = await stage.refresh(tokensOf(first).refreshToken, short);
      stage.advance(3_000_000);
      const third = await stage.refresh(tokensOf(second).refreshToken, short);
      expect(third.body["refresh_expires_in"]).toBeLessThanOrEqual(1_200);
      stage.advance(1_200_000);
      expect(outcome(await stage.refresh(tokensOf(third).refreshToken, short))).toEqual(invalidGrant);
    });

    test("30 idle days after the sign-in, for a client that says nothing", async () => {
      const { refreshToken } = await stage.signIn("alice");
      stage.advance(30 * DAY_MS);
      expect(outcome(await stage.refresh(refreshToken))).toEqual(invalidGrant);
    });

    test("when the account is switched off", async () => {
      const { refreshToken } = await stage.signIn("bob");
      await stage.store.auth.accounts.update("bob", { active: false }, 1);
      expect(outcome(await stage.refresh(refreshToken))).toEqual(invalidGrant);
    });

    test("when its client is switched off, with its access tokens", async () => {
      await stage.addClient({
        clientId: "doomed",
        firstParty: true,
        allowPasswordGrant: true,
        grantTypes: ["password", "refresh_token"],
      });
      const doomed = { client_id: "doomed" };
      const { accessToken, refreshToken } = await stage.signIn("alice", doomed);
      await stage.clients.disable("doomed", systemOrigin);
      // What the server knows of a client and a token may be a second old.
      stage.advance(1_000);
      expect(outcome(await stage.refresh(refreshToken, doomed))).toEqual([401, "invalid_client"]);
      expect((await stage.get("/oauth/sessions", bearer(accessToken))).status).toBe(401);
      await stage.clients.enable("doomed", systemOrigin);
      stage.advance(1_000);
      expect(outcome(await stage.refresh(refreshToken, doomed))).toEqual(invalidGrant);
    });
  });

  test("a client that may not refresh gets no refresh token", async () => {
    const answer = await stage.post("/oauth/token", {
      grant_type: "password",
      client_id: "no-refresh",
      username: "alice",
      password: "Correct-horse-1",
    });
    expect(Object.keys(answer.body).toSorted()).toEqual([
      "access_token",
      "account",
      "expires_in",
      "scope",
      "token_type",
    ]);
  });

  test.each(["", "x", "prt_", `prt_${"A".repeat(43)}`, "a.b.c", "' or 1=1 --"])(
    "%j is no refresh token",
    async (token) => {
      const error = token === "" ? "invalid_request" : "invalid_grant";
      expect(outcome(await stage.refresh(token))).toEqual([400, error]);
    },
  );

  test("an access token is no refresh token", async () => {
    const { accessToken } = await stage.signIn("alice");
    expect(outcome(await stage.refresh(accessToken))).toEqual(invalidGrant);
  });
});

describe.each(sharedDatabases)("the refresh grant of two servers on $name", ({ name }) => {
  test.each([60_000, -60_000])(
    "goes on from one to the other when their clocks are %d ms apart, also for late repeats",
    async (aheadMs) => {
      await using stage = await openAuthStage(name);
      await stage.addAccount({ id: "alice" });
      const { httpUrl } = await stage.openSecond(aheadMs);
      const urls = [httpUrl, stage.url];
      /** The database's clock is the one that counts: a token was used so much earlier, or later. */
      const usedEarlier = (seconds: number) =>
        stage.query(
          `update refresh_tokens set consumed_at_ms = consumed_at_ms - ${seconds}000 returning hash`,
        );
      let { refreshToken } = await stage.signIn("alice");
      for (let turn = 0; turn < 4; turn++) {
        const [here = "", there = ""] = turn % 2 === 0 ? urls : urls.toReversed();
        const lost = tokensOf(await refreshAt(here, refreshToken));
        expect(tokensOf(await refreshAt(there, refreshToken)).refreshToken).toBe(lost.refreshToken);
        await usedEarlier(GRACE_SECONDS - 60);
        expect(tokensOf(await refreshAt(there, refreshToken)).refreshToken).toBe(lost.refreshToken);
        refreshToken = lost.refreshToken;
      }
      tokensOf(await refreshAt(httpUrl, refreshToken));
      await usedEarlier(GRACE_SECONDS);
      for (const url of urls) expect(outcome(await refreshAt(url, refreshToken))).toEqual(invalidGrant);
    },
  );
});

async function refreshAt(url: string, refreshToken: string): Promise<Pick<Answer, "status" | "body">> {
  const form = { grant_type: "refresh_token", client_id: "pipit-cli", refresh_token: refreshToken };
  const answer = await fetch(`${url}/oauth/token`, { method: "POST", body: new URLSearchParams(form) });
  return { status: answer.status, body: (await answer.json()) as Answer["body"] };
}
