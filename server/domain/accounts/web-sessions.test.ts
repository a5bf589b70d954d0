import { describe, expect, test } from "vitest";
import { familyOf, tokenOf } from "#server/testing/family-of.ts";
import { openTemporaryStore, type TemporaryStore } from "#server/testing/temporary-store.ts";
import { hashOpaqueToken, newOpaqueToken } from "#server/domain/secrets/opaque-token.ts";
import type { NewAccount } from "./ports.ts";
import { accountOf } from "#server/testing/account-of.ts";
import { testMasterKey } from "#server/testing/session-stage.ts";
import { sessionsOf } from "#server/testing/sessions-of.ts";
import {
  createWebSessions,
  WEB_SESSION_TTL_MS,
  type WebSessionRequest,
  type WebSessions,
} from "./web-sessions.ts";
import { systemOrigin as origin } from "#server/domain/audit/system-origin.ts";

const ann = accountOf({ id: "ann" });
const request = { scope: ["api:read", "api:write"], grant: "password", proof: "password" } as const;
const DAY_MS = 24 * 60 * 60 * 1000;

async function setUp(
  account: NewAccount = ann,
): Promise<{ temporary: TemporaryStore; sessions: WebSessions }> {
  const temporary = await openTemporaryStore();
  const { store, clock } = temporary;
  await store.auth.accounts.create(account);
  return {
    temporary,
    sessions: createWebSessions(store.auth, clock),
  };
}

/** As a sign-in of ann starts it. */
async function start({ store }: TemporaryStore, sessions: WebSessions, wanted: WebSessionRequest) {
  const who = { account: { ...ann, credentialsVersion: 0 }, amr: [], authTimeMs: 0, codeOwed: false };
  return store.auth.transaction((tx) => sessions.starts(wanted)(tx, who, origin));
}

describe("a session", () => {
  test("speaks for who signed in, for seven days and not a moment longer", async () => {
    const { temporary, sessions } = await setUp();
    await using _ = temporary;
    const { token, expiresAtMs } = await start(temporary, sessions, request);
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(expiresAtMs).toBe(temporary.clock.nowMs() + 7 * DAY_MS);
    const caller = {
      userId: "ann",
      scope: request.scope,
      clientId: "pipit-web",
      anonymous: false,
      expiresAtMs,
      kind: "user",
      credentialsVersion: 0,
      proof: "password",
      webSessionId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    };
    expect(await sessions.verify(token)).toEqual(caller);
    temporary.clock.advance(WEB_SESSION_TTL_MS - 1);
    expect(await sessions.verify(token)).toEqual(caller);
    temporary.clock.advance(1);
    await expect(sessions.verify(token)).rejects.toMatchObject({ code: "TOKEN_EXPIRED" });
  });

  test("ends no later than what it was made from", async () => {
    const { temporary, sessions } = await setUp();
    await using _ = temporary;
    const notAfterMs = temporary.clock.nowMs() + 60_000;
    const { token, expiresAtMs } = await start(temporary, sessions, { ...request, notAfterMs });
    expect(expiresAtMs).toBe(notAfterMs);
    temporary.clock.advance(60_000);
    await expect(sessions.verify(token)).rejects.toMatchObject({ code: "TOKEN_EXPIRED" });
  });

  test("ends with the session of the token that it was made from", async () => {
    const { temporary, sessions } = await setUp();
    await using _ = temporary;
    const { refreshTokens } = temporary.store.auth;
    await refreshTokens.createFamily(familyOf({ id: "f1", userId: "ann" }), tokenOf());
    const { token } = await start(temporary, sessions, {
      ...request,
      clientId: "pipit-cli",
      sessionId: "f1",
    });
    const own = await start(temporary, sessions, request);
    expect(await sessions.verify(token)).toMatchObject({ userId: "ann", clientId: "pipit-cli" });
    await refreshTokens.revokeFamily("f1", "revoked", temporary.clock.nowMs());
    await expect(sessions.verify(token)).rejects.toMatchObject({ code: "TOKEN_EXPIRED" });
    expect(await sessions.verify(own.token)).toMatchObject({ userId: "ann" });
  });

  test("is stored as a hash only", async () => {
    const { temporary, sessions } = await setUp();
    await using _ = temporary;
    const { token } = await start(temporary, sessions, request);
    const stored = await temporary.store.auth.webSessions.find(hashOpaqueToken(token));
    expect(stored).toMatchObject({ userId: "ann", clientId: "pipit-web", scope: "api:read api:write" });
    expect(JSON.stringify(stored)).not.toContain(token);
    expect(await temporary.store.auth.webSessions.find(token)).toBeUndefined();
  });

  test("is over when it was ended, and only that one", async () => {
    const { temporary, sessions } = await setUp();
    await using _ = temporary;
    const [first, second] = await Promise.all([
      start(temporary, sessions, request),
      start(temporary, sessions, request),
    ]);
    await sessions.end(first.token);
    await sessions.end(first.token);
    await expect(sessions.verify(first.token)).rejects.toMatchObject({ code: "TOKEN_EXPIRED" });
    expect(await sessions.verify(second.token)).toMatchObject({ userId: "ann" });
  });

  test.each(["", "x", "ann", "%00", newOpaqueToken(), `${newOpaqueToken()}=`])(
    "is not to be had for %j",
    async (token) => {
      const { temporary, sessions } = await setUp();
      await using _ = temporary;
      await start(temporary, sessions, request);
      await expect(sessions.verify(token)).rejects.toMatchObject({ code: "TOKEN_EXPIRED" });
      await expect(sessions.end(token)).resolves.toBeUndefined();
    },
  );

  test.each([
    ["switched off", { ...ann, active: false }],
    ["gone", { ...ann, id: "somebody else" }],
  ])("is refused when its account is %s", async (_name, account) => {
    const { temporary, sessions } = await setUp(account);
    await using _ = temporary;
    const { token } = await start(temporary, sessions, request);
    await expect(sessions.verify(token)).rejects.toMatchObject({ code: "TOKEN_EXPIRED" });
  });

  test("remembers when it was last seen, without a write for every request", async () => {
    const { temporary, sessions } = await setUp();
    await using _ = temporary;
    const { token } = await start(temporary, sessions, request);
    const startMs = temporary.clock.nowMs();
    const lastSeenAfter = async (durationMs: number): Promise<number> => {
      temporary.clock.advance(durationMs);
      await sessions.verify(token);
      return (await temporary.store.auth.webSessions.find(hashOpaqueToken(token)))?.lastSeenAtMs ?? 0;
    };
    expect(await lastSeenAfter(60_000)).toBe(startMs);
    expect(await lastSeenAfter(240_000)).toBe(startMs + 300_000);
  });
});

test("a full disk keeps nobody out", async () => {
  const { temporary } = await setUp();
  await using _ = temporary;
  const { store, clock } = temporary;
  const webSessions = {
    ...store.auth.webSessions,
    touch: async () => Promise.reject(new Error("disk full")),
  };
  const sessions = createWebSessions({ ...store.auth, webSessions }, clock);
  const { token } = await start(temporary, sessions, request);
  clock.advance(3_600_000);
  expect(await sessions.verify(token)).toMatchObject({ userId: "ann" });
});

test("a sign-in waits for no removal of sessions that have ended", async () => {
  const { temporary, sessions } = await setUp();
  await using _ = temporary;
  const { store, clock } = temporary;
  const old = hashOpaqueToken((await start(temporary, sessions, request)).token);
  clock.advance(WEB_SESSION_TTL_MS);
  expect(await store.auth.webSessions.find(old)).toBeDefined();
  const { signIn } = sessionsOf(store.auth, { masterKey: testMasterKey, clock });
  await signIn.byEarlierProof({ userId: "ann", amr: [] }, sessions.starts(request), origin);
  expect(await store.auth.webSessions.find(old)).toBeDefined();
});

test("a session that takes another's place in a browser ends it", async () => {
  const { temporary, sessions } = await setUp();
  await using _ = temporary;
  const { token: replaces } = await start(temporary, sessions, request);
  const { token } = await start(temporary, sessions, { ...request, replaces });
  await expect(sessions.verify(replaces)).rejects.toMatchObject({ code: "TOKEN_EXPIRED" });
  expect(await sessions.verify(token)).toMatchObject({ userId: "ann" });
});
