import { describe, expect, test } from "vitest";
import type { StoredWebSession } from "#server/domain/accounts/ports.ts";
import { clientOf } from "#server/testing/client-of.ts";
import { databases } from "#server/testing/databases.ts";
import { webSessionOf } from "#server/testing/web-session-of.ts";
import { familyOf, tokenOf } from "#server/testing/family-of.ts";

const sessionOf = (hash: string, userId = "u1"): StoredWebSession => webSessionOf({ hash, userId });

describe.each(databases)("cookie sessions on $name", ({ open }) => {
  test("come back as they were, and remember when they were last seen", async () => {
    await using temporary = await open();
    const { webSessions } = temporary.store.auth;
    await webSessions.create(sessionOf("h1"));
    expect(await webSessions.find("h1")).toEqual(sessionOf("h1"));
    await webSessions.touch("h1", 50);
    await webSessions.touch("h2", 50);
    expect(await webSessions.find("h1")).toEqual({ ...sessionOf("h1"), lastSeenAtMs: 50 });
  });

  test("made from a token are gone with that token's session, and no other", async () => {
    await using temporary = await open();
    const { auth } = temporary.store;
    const { webSessions } = auth;
    for (const id of ["f1", "f2"]) {
      await auth.refreshTokens.createFamily(familyOf({ id }), tokenOf({ hash: `${id}-token`, familyId: id }));
      await webSessions.create({ ...sessionOf(`of-${id}`), familyId: id });
    }
    await webSessions.create({ ...sessionOf("of-nothing-there"), familyId: "f3" });
    await webSessions.create(sessionOf("own"));
    const found = async (hash: string) => (await webSessions.find(hash))?.familyId;
    expect([await found("of-f1"), await found("of-f2")]).toEqual(["f1", "f2"]);
    await auth.refreshTokens.revokeFamily("f1", "revoked", 5);
    expect([await found("of-f1"), await found("of-f2")]).toEqual([undefined, "f2"]);
    expect(await webSessions.find("of-nothing-there")).toBeUndefined();
    expect(await webSessions.find("own")).toEqual(sessionOf("own"));
  });

  test("are not there while their client is switched off", async () => {
    await using temporary = await open();
    const { auth } = temporary.store;
    const { webSessions } = auth;
    const client = clientOf({ clientId: "pipit-web" });
    await auth.clients.insert(client);
    await webSessions.create(sessionOf("h1"));
    expect(await webSessions.find("h1")).toEqual(sessionOf("h1"));
    await auth.clients.update({ ...client, active: false });
    expect(await webSessions.find("h1")).toBeUndefined();
    await auth.clients.update(client);
    expect(await webSessions.find("h1")).toEqual(sessionOf("h1"));
  });

  test("S9: made from a token are gone when that token is revoked", async () => {
    await using temporary = await open();
    const { webSessions, tokenStates } = temporary.store.auth;
    for (const jti of ["j1", "j2"]) await webSessions.create({ ...sessionOf(`of-${jti}`), tokenId: jti });
    await tokenStates.revokeJti("j1", 100);
    expect(await webSessions.find("of-j1")).toBeUndefined();
    expect(await webSessions.find("of-j2")).toBeDefined();
  });

  test("S2: of a user are listed while they are good, newest first", async () => {
    await using temporary = await open();
    const { webSessions, refreshTokens } = temporary.store.auth;
    await refreshTokens.createFamily(familyOf({ id: "f1" }), tokenOf());
    for (const [hash, createdAtMs] of [
      ["older", 1],
      ["newer", 2],
    ] as const) {
      await webSessions.create({ ...sessionOf(hash), createdAtMs });
    }
    await webSessions.create({ ...sessionOf("carried"), familyId: "f1" });
    await webSessions.create(sessionOf("another's", "u2"));
    await webSessions.create({ ...sessionOf("over"), expiresAtMs: 50 });
    await refreshTokens.revokeFamily("f1", "revoked", 5);
    const live = await webSessions.listLive("u1", 50);
    expect(live.map(({ id }) => id)).toEqual(["newer", "older"]);
  });

  test("of a user go all, or all but one, which then goes on by itself", async () => {
    await using temporary = await open();
    const { webSessions, refreshTokens } = temporary.store.auth;
    await refreshTokens.createFamily(familyOf({ id: "f1" }), tokenOf());
    for (const hash of ["h1", "h2", "h3"]) await webSessions.create({ ...sessionOf(hash), familyId: "f1" });
    await webSessions.create(sessionOf("h4", "u2"));
    expect((await webSessions.removeOfUser("u1", "h2")).toSorted()).toEqual(["h1", "h3"]);
    await refreshTokens.revokeFamily("f1", "password-changed", 5);
    expect(await webSessions.find("h2")).toBeDefined();
    expect(await webSessions.removeOfUser("u1")).toEqual(["h2"]);
    expect(await webSessions.removeOfUser("u1")).toEqual([]);
    expect(await temporary.query("select hash from web_sessions")).toEqual([{ hash: "h4" }]);
  });

  test("are removed by themselves", async () => {
    await using temporary = await open();
    const { webSessions } = temporary.store.auth;
    for (const hash of ["h1", "h2"]) await webSessions.create(sessionOf(hash));
    await webSessions.remove("h1");
    await webSessions.remove("h1");
    expect(await temporary.query("select hash from web_sessions")).toEqual([{ hash: "h2" }]);
  });
});
