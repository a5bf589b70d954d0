import { describe, expect, test } from "vitest";
import type { StoredOidcPayload } from "#server/domain/tokens/oidc-payload-port.ts";
import { databases } from "#server/testing/databases.ts";
import { eightAtOnce } from "#server/testing/eight-at-once.ts";

function payloadOf(given: Partial<StoredOidcPayload> = {}): StoredOidcPayload {
  return {
    model: "DeviceCode",
    idHash: "i1",
    sealedPayload: "sealed",
    grantHash: "g1",
    uidHash: "u1",
    userCodeHash: "c1",
    userId: undefined,
    consumedAtMs: undefined,
    expiresAtMs: 100,
    ...given,
  };
}
const bare = { grantHash: undefined, uidHash: undefined, userCodeHash: undefined, expiresAtMs: undefined };

describe.each(databases)("records of browser flows on $name", ({ open }) => {
  test("are found by each of their hashes, within their model", async () => {
    await using temporary = await open();
    const { oidcPayloads } = temporary.store;
    await oidcPayloads.upsert(payloadOf());
    await oidcPayloads.upsert(payloadOf({ model: "Session", ...bare }));
    expect(await oidcPayloads.find("DeviceCode", "i1")).toEqual(payloadOf());
    expect(await oidcPayloads.find("Session", "i1")).toEqual(payloadOf({ model: "Session", ...bare }));
    expect(await oidcPayloads.findByUid("DeviceCode", "u1")).toEqual(payloadOf());
    expect(await oidcPayloads.findByUid("Session", "u1")).toBeUndefined();
    expect(await oidcPayloads.findByUserCode("DeviceCode", "c1")).toEqual(payloadOf());
    expect(await oidcPayloads.findByUserCode("DeviceCode", "c2")).toBeUndefined();
    expect(await oidcPayloads.find("DeviceCode", "i2")).toBeUndefined();
  });

  test("are replaced, but what was consumed stays so", async () => {
    await using temporary = await open();
    const { oidcPayloads } = temporary.store;
    await oidcPayloads.upsert(payloadOf());
    await oidcPayloads.consume("DeviceCode", "i1", 50);
    const changed = payloadOf({
      sealedPayload: "new",
      grantHash: "g2",
      uidHash: undefined,
      userCodeHash: "c2",
      userId: "ann",
      expiresAtMs: 200,
    });
    await oidcPayloads.upsert(changed);
    expect(await oidcPayloads.find("DeviceCode", "i1")).toEqual({ ...changed, consumedAtMs: 50 });
    expect(await oidcPayloads.consume("DeviceCode", "i1", 60)).toBe(false);
  });

  test("are consumed once, also when asked eight times at once", async () => {
    await using temporary = await open();
    const { oidcPayloads } = temporary.store;
    await oidcPayloads.upsert(payloadOf());
    await oidcPayloads.upsert(payloadOf({ idHash: "i2" }));
    const consumed = await eightAtOnce(temporary, (store, n) =>
      store.oidcPayloads.consume("DeviceCode", "i1", 10 + n),
    );
    expect(consumed.filter(Boolean)).toHaveLength(1);
    const found = await oidcPayloads.find("DeviceCode", "i1");
    expect(found?.consumedAtMs).toBe(10 + consumed.indexOf(true));
    expect((await oidcPayloads.find("DeviceCode", "i2"))?.consumedAtMs).toBeUndefined();
    expect(await oidcPayloads.consume("AuthorizationCode", "i1", 10)).toBe(false);
  });

  test("are removed one by one, or all of a consent", async () => {
    await using temporary = await open();
    const { oidcPayloads } = temporary.store;
    for (const idHash of ["i1", "i2", "i3"]) await oidcPayloads.upsert(payloadOf({ idHash }));
    await oidcPayloads.upsert(payloadOf({ idHash: "i4", grantHash: "g2" }));
    await oidcPayloads.upsert(payloadOf({ model: "Grant", idHash: "i5", ...bare }));
    await oidcPayloads.destroy("DeviceCode", "i1");
    await oidcPayloads.destroy("DeviceCode", "i1");
    expect(await oidcPayloads.find("DeviceCode", "i1")).toBeUndefined();
    expect(await oidcPayloads.revokeByGrant("g1")).toBe(2);
    expect(await oidcPayloads.revokeByGrant("g1")).toBe(0);
    expect(await temporary.query("select id_hash from oidc_payloads order by id_hash")).toEqual([
      { id_hash: "i4" },
      { id_hash: "i5" },
    ]);
  });
});
