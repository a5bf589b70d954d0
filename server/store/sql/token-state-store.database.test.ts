import { describe, expect, test } from "vitest";
import { accountOf } from "#server/testing/account-of.ts";
import { clientOf } from "#server/testing/client-of.ts";
import { databases, type DatabaseStore, type TestDatabase } from "#server/testing/databases.ts";
import { familyOf } from "#server/testing/family-of.ts";

const token = { sid: "f1", userId: "u1", clientId: "c1", jti: "j1" };
const good = { session: "live", accountActive: true, clientActive: true, jtiRevoked: false };

async function openWithSession({ open }: TestDatabase, pendingOtp = false): Promise<DatabaseStore> {
  const temporary = await open();
  const { accounts, clients, refreshTokens } = temporary.store.auth;
  await accounts.create(accountOf({ id: "u1" }));
  await clients.insert(clientOf());
  await refreshTokens.createFamily(familyOf({ pendingOtp }));
  return temporary;
}

describe.each(databases)("the state of a token on $name", (database) => {
  test("is good while its session, account and client are", async () => {
    await using temporary = await openWithSession(database);
    expect(await temporary.store.auth.tokenStates.find(token)).toEqual(good);
  });

  test("shows a session that owes a code until the code was accepted", async () => {
    await using temporary = await openWithSession(database, true);
    const { tokenStates, refreshTokens } = temporary.store.auth;
    expect(await tokenStates.find(token)).toEqual({ ...good, session: "pending-otp" });
    await refreshTokens.settleOtp("f1");
    expect(await tokenStates.find(token)).toEqual(good);
  });

  test("shows a session that was revoked, also while it owes a code, and one that nobody knows", async () => {
    await using temporary = await openWithSession(database, true);
    const { tokenStates, refreshTokens } = temporary.store.auth;
    await refreshTokens.revokeFamily("f1", "logout", 5);
    expect(await tokenStates.find(token)).toEqual({ ...good, session: "revoked" });
    expect(await tokenStates.find({ ...token, sid: "f9" })).toEqual({ ...good, session: "unknown" });
  });

  test("without a session and an account is the client's", async () => {
    await using temporary = await openWithSession(database);
    const { tokenStates } = temporary.store.auth;
    const service = { ...token, sid: undefined, userId: "c1" };
    expect(await tokenStates.find(service)).toEqual({ ...good, accountActive: undefined });
  });

  test("shows an account that was switched off", async () => {
    await using temporary = await openWithSession(database);
    const { tokenStates, accounts } = temporary.store.auth;
    await accounts.update("u1", { active: false }, 5);
    expect(await tokenStates.find(token)).toEqual({ ...good, accountActive: false });
  });

  test("shows a client that was switched off or removed", async () => {
    await using temporary = await openWithSession(database);
    const { tokenStates, clients } = temporary.store.auth;
    await clients.update(clientOf({ active: false }));
    expect(await tokenStates.find(token)).toEqual({ ...good, clientActive: false });
    await clients.remove("c1");
    expect(await tokenStates.find(token)).toEqual({ ...good, clientActive: false });
  });

  test("shows that the token itself was revoked, until it has ended", async () => {
    await using temporary = await openWithSession(database);
    const { tokenStates } = temporary.store.auth;
    await tokenStates.revokeJti("j1", 100);
    await tokenStates.revokeJti("j1", 100);
    expect(await tokenStates.find(token)).toEqual({ ...good, jtiRevoked: true });
    expect(await tokenStates.find({ ...token, jti: "j2" })).toEqual(good);
    await tokenStates.removeEnded(99);
    expect(await tokenStates.find(token)).toEqual({ ...good, jtiRevoked: true });
    await tokenStates.removeEnded(100);
    expect(await temporary.query("select * from revoked_access_tokens")).toEqual([]);
  });
});
