import { describe, expect, test } from "vitest";
import { clientOf } from "#server/testing/client-of.ts";
import { databases } from "#server/testing/databases.ts";
import { eightAtOnce } from "#server/testing/eight-at-once.ts";

const bare = clientOf({
  clientId: "public",
  secretHash: undefined,
  confidential: false,
  firstParty: true,
  applicationType: "native",
  redirectUris: [],
  postLogoutRedirectUris: [],
  grantTypes: [],
  allowPasswordGrant: true,
  tokenAlgorithm: "RS256",
  active: false,
});

describe.each(databases)("OAuth clients on $name", ({ open }) => {
  test.each([clientOf(), bare])("$clientId comes back as it was", async (client) => {
    await using temporary = await open();
    const { clients } = temporary.store.auth;
    expect(await clients.insert(client)).toBe(true);
    expect(await clients.find(client.clientId)).toEqual(client);
    expect(await clients.find("c\0' or 1=1")).toBeUndefined();
  });

  test("of eight that register one id at once, one does, and no other changes it", async () => {
    await using temporary = await open();
    const inserted = await eightAtOnce(temporary, (store, n) =>
      store.auth.clients.insert(clientOf({ name: `n${n}` })),
    );
    expect(inserted.filter(Boolean)).toHaveLength(1);
    expect((await temporary.store.auth.clients.find("c1"))?.name).toBe(`n${inserted.indexOf(true)}`);
  });

  test("change in all but when they were made", async () => {
    await using temporary = await open();
    const { clients } = temporary.store.auth;
    await clients.insert(clientOf());
    await clients.insert(clientOf({ clientId: "c2" }));
    const changed = { ...bare, clientId: "c1", createdAtMs: 77, updatedAtMs: 99 };
    expect(await clients.update(changed)).toBe(true);
    expect(await clients.find("c1")).toEqual({ ...changed, createdAtMs: 1 });
    expect(await clients.find("c2")).toEqual(clientOf({ clientId: "c2" }));
    expect(await clients.update(clientOf({ clientId: "c3" }))).toBe(false);
  });

  test("are listed oldest first, until they are removed", async () => {
    await using temporary = await open();
    const { clients } = temporary.store.auth;
    for (const [clientId, createdAtMs] of [
      ["b", 2],
      ["c", 1],
      ["a", 2],
    ] as const) {
      await clients.insert(clientOf({ clientId, createdAtMs }));
    }
    expect((await clients.list()).map(({ clientId }) => clientId)).toEqual(["c", "a", "b"]);
    expect(await clients.remove("a")).toBe(true);
    expect(await clients.remove("a")).toBe(false);
    expect((await clients.list()).map(({ clientId }) => clientId)).toEqual(["c", "b"]);
  });

  test.each([
    ["redirect_uris", "{}"],
    ["redirect_uris", "[1]"],
    ["redirect_uris", "["],
    ["grant_types", '["implicit"]'],
    ["token_algorithm", "none"],
    ["application_type", "x"],
  ])("with %s %j, which nobody wrote, are damaged", async (column, value) => {
    await using temporary = await open();
    await temporary.store.auth.clients.insert(clientOf());
    await temporary.query(`update oauth_clients set ${column} = $1`, value);
    await expect(temporary.store.auth.clients.find("c1")).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
  });
});
