import { describe, expect, test } from "vitest";
import { accountOf } from "#server/testing/account-of.ts";
import { clientOf } from "#server/testing/client-of.ts";
import { databases, type DatabaseStore, type TestDatabase } from "#server/testing/databases.ts";
import type { SignInRef, TokenState } from "#server/domain/tokens/ports.ts";
import { familyOf } from "#server/testing/family-of.ts";
import { webSessionOf } from "#server/testing/web-session-of.ts";

const token = {
  sid: "f1",
  userId: "u1",
  clientId: "c1",
  jti: "j1",
  webSessionId: undefined,
  apiKeyId: undefined,
};
const good = { session: "live", accountActive: true, clientActive: true, jtiRevoked: false };

async function openWithSession({ open }: TestDatabase, pendingOtp = false): Promise<DatabaseStore> {
  const temporary = await open();
  const { accounts, clients, refreshTokens } = temporary.store.auth;
  await accounts.create(accountOf({ id: "u1" }));
  await clients.insert(clientOf());
  await refreshTokens.createFamily(familyOf({ pendingOtp }));
  return temporary;
}

async function stateOf({ store }: DatabaseStore, asked: SignInRef): Promise<TokenState | undefined> {
  return (await store.auth.tokenStates.find([asked]))[0];
}

describe.each(databases)("the state of a token on $name", (database) => {
  test("is good while its session, account and client are", async () => {
    await using temporary = await openWithSession(database);
    expect(await stateOf(temporary, token)).toEqual(good);
  });

  test("shows a session that owes a code until the code was accepted", async () => {
    await using temporary = await openWithSession(database, true);
    const { refreshTokens } = temporary.store.auth;
    expect(await stateOf(temporary, token)).toEqual({ ...good, session: "pending-otp" });
    await refreshTokens.settleOtp("f1");
    expect(await stateOf(temporary, token)).toEqual(good);
  });

  test("shows a session that was revoked, also while it owes a code, and one that nobody knows", async () => {
    await using temporary = await openWithSession(database, true);
    const { refreshTokens } = temporary.store.auth;
    await refreshTokens.revokeFamily("f1", "logout", 5);
    expect(await stateOf(temporary, token)).toEqual({ ...good, session: "revoked" });
    expect(await stateOf(temporary, { ...token, sid: "f9" })).toEqual({ ...good, session: "unknown" });
  });

  test("without a session and an account is the client's", async () => {
    await using temporary = await openWithSession(database);
    const service = { ...token, sid: undefined, userId: "c1" };
    expect(await stateOf(temporary, service)).toEqual({ ...good, accountActive: undefined });
  });

  test("shows an account that was switched off", async () => {
    await using temporary = await openWithSession(database);
    const { accounts } = temporary.store.auth;
    await accounts.update("u1", { active: false }, 5);
    expect(await stateOf(temporary, token)).toEqual({ ...good, accountActive: false });
  });

  test("shows a client that was switched off or removed", async () => {
    await using temporary = await openWithSession(database);
    const { clients } = temporary.store.auth;
    await clients.update(clientOf({ active: false }));
    expect(await stateOf(temporary, token)).toEqual({ ...good, clientActive: false });
    await clients.remove("c1");
    expect(await stateOf(temporary, token)).toEqual({ ...good, clientActive: false });
  });

  test("shows that the token itself was revoked", async () => {
    await using temporary = await openWithSession(database);
    const { tokenStates } = temporary.store.auth;
    await tokenStates.revokeJti("j1", 100);
    await tokenStates.revokeJti("j1", 100);
    expect(await stateOf(temporary, token)).toEqual({ ...good, jtiRevoked: true });
    expect(await stateOf(temporary, { ...token, jti: "j2" })).toEqual(good);
  });

  test("S4: of many sign-ins is one answer each, in the order of what was asked", async () => {
    await using temporary = await openWithSession(database);
    const { accounts, clients, refreshTokens, tokenStates, webSessions } = temporary.store.auth;
    await accounts.create(accountOf({ id: "u2" }));
    await clients.insert(clientOf({ clientId: "pipit-web" }));
    await refreshTokens.createFamily(familyOf({ id: "f2", userId: "u2" }));
    await webSessions.create(webSessionOf({ hash: "own", userId: "u2" }));
    await webSessions.create(webSessionOf({ hash: "carried", userId: "u2", familyId: "f2" }));
    await webSessions.create(webSessionOf({ hash: "traded", userId: "u2", tokenId: "j2" }));
    const cookie = {
      sid: undefined,
      userId: "u2",
      clientId: "pipit-web",
      jti: undefined,
      apiKeyId: undefined,
    };
    const browsers = ["own", "carried", "traded", "nothing"].map((webSessionId) => ({
      ...cookie,
      webSessionId,
    }));
    const asked = [
      token,
      ...browsers,
      ...Array.from({ length: 600 }, (_, n) => ({ ...token, jti: `n${n}` })),
    ];
    const before = await tokenStates.find(asked);
    expect(before.slice(0, 4)).toEqual([good, good, good, good]);
    expect(before[4]?.session).toBe("unknown");
    expect(before.slice(5)).toEqual(asked.slice(5).map(() => good));
    await refreshTokens.revokeFamily("f2", "revoked", 5);
    await tokenStates.revokeJti("j2", 100);
    await tokenStates.revokeJti("n599", 100);
    const after = await tokenStates.find(asked);
    expect(after.slice(0, 4)).toEqual([
      good,
      good,
      { ...good, session: "revoked" },
      { ...good, jtiRevoked: true },
    ]);
    expect(after.filter(({ jtiRevoked }) => jtiRevoked)).toHaveLength(2);
    expect(await tokenStates.find([])).toEqual([]);
  });
});
