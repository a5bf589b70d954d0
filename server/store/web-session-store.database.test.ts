import { describe, expect, test } from "vitest";
import type { StoredWebSession } from "#server/domain/accounts/ports.ts";
import { databases } from "./testing/databases.ts";

function sessionOf(hash: string, userId = "u1"): StoredWebSession {
  return {
    hash,
    userId,
    clientId: "pipit-web",
    scope: "api:read api:write",
    createdAtMs: 1,
    lastSeenAtMs: 2,
    expiresAtMs: 100,
  };
}

describe.each(databases)("cookie sessions on $name", ({ open }) => {
  test("come back as they were, and remember when they were last seen", async () => {
    await using temporary = await open();
    const { webSessions } = temporary.store;
    await webSessions.create(sessionOf("h1"));
    expect(await webSessions.find("h1")).toEqual(sessionOf("h1"));
    await webSessions.touch("h1", 50);
    await webSessions.touch("h2", 50);
    expect(await webSessions.find("h1")).toEqual({ ...sessionOf("h1"), lastSeenAtMs: 50 });
  });

  test("of a user go all, or all but one", async () => {
    await using temporary = await open();
    const { webSessions } = temporary.store;
    for (const hash of ["h1", "h2", "h3"]) await webSessions.create(sessionOf(hash));
    await webSessions.create(sessionOf("h4", "u2"));
    expect(await webSessions.removeOfUser("u1", "h2")).toBe(2);
    expect(await webSessions.find("h2")).toBeDefined();
    expect(await webSessions.removeOfUser("u1")).toBe(1);
    expect(await webSessions.removeOfUser("u1")).toBe(0);
    expect(await temporary.query("select hash from web_sessions")).toEqual([{ hash: "h4" }]);
  });

  test("are removed by themselves, or when they have ended", async () => {
    await using temporary = await open();
    const { webSessions } = temporary.store;
    for (const hash of ["h1", "h2"]) await webSessions.create(sessionOf(hash));
    await webSessions.remove("h1");
    await webSessions.remove("h1");
    await webSessions.removeExpired(99);
    expect(await temporary.query("select hash from web_sessions")).toEqual([{ hash: "h2" }]);
    await webSessions.removeExpired(100);
    expect(await temporary.query("select hash from web_sessions")).toEqual([]);
  });
});
