import { describe, expect, test } from "vitest";
import type { KeyPromotion, StoredSigningKey } from "#server/domain/tokens/ports.ts";
import { databases, type DatabaseStore } from "#server/testing/databases.ts";

const signing: StoredSigningKey = {
  kid: "k1",
  algorithm: "RS256",
  publicJwk: "{}",
  sealedPrivateKey: "sealed",
  state: "signing",
  createdAtMs: 1_000,
  signingSinceMs: 1_000,
};
const next: StoredSigningKey = {
  ...signing,
  kid: "k2",
  state: "next",
  createdAtMs: 2_000,
  signingSinceMs: undefined,
};
const otherNext: StoredSigningKey = { ...next, kid: "e2", algorithm: "ES256" };
const promotion: KeyPromotion = { from: "k1", to: "k2", nowMs: 5_000, publishedBeforeMs: 2_000 };

async function fill({ store }: DatabaseStore) {
  const { signingKeys } = store.auth;
  await signingKeys.insertFirst(signing);
  await signingKeys.insertNext(next);
  await signingKeys.insertNext(otherNext);
  return signingKeys;
}

describe.each(databases)("signing keys on $name", ({ open }) => {
  test("have one next key per algorithm", async () => {
    await using temporary = await open();
    const { signingKeys } = temporary.store.auth;
    const inserted = await Promise.all(
      ["a", "b", "c"].map((kid) => signingKeys.insertNext({ ...next, kid })),
    );
    expect(inserted.filter(Boolean)).toHaveLength(1);
    expect(await signingKeys.insertNext(otherNext)).toBe(true);
    expect(await signingKeys.list()).toHaveLength(2);
  });

  test("are promoted once, both keys together, with the time", async () => {
    await using temporary = await open();
    const signingKeys = await fill(temporary);
    const done = await Promise.all([1, 2, 3].map(() => signingKeys.promote(promotion)));
    expect(done.filter(Boolean)).toHaveLength(1);
    expect(await signingKeys.list()).toEqual([
      { ...signing, state: "retired", retiredAtMs: 5_000 },
      otherNext,
      { ...next, state: "signing", signingSinceMs: 5_000 },
    ]);
  });

  test.each<[string, Partial<KeyPromotion>]>([
    ["one that was published too late", { publishedBeforeMs: 1_999 }],
    ["one of another algorithm", { to: "e2" }],
    ["one that is not there", { to: "k3" }],
    ["one that signs already", { to: "k1" }],
    ["one in place of a key that does not sign", { from: "k2", to: "k2" }],
    ["one in place of a key that is not there", { from: "k3" }],
  ])("do not promote %s, and then nothing has changed", async (_name, change) => {
    await using temporary = await open();
    const signingKeys = await fill(temporary);
    const before = await signingKeys.list();
    expect(await signingKeys.promote({ ...promotion, ...change })).toBe(false);
    expect(await signingKeys.list()).toEqual(before);
  });

  test("are promoted or not with the transaction they are promoted in", async () => {
    await using temporary = await open();
    const signingKeys = await fill(temporary);
    const before = await signingKeys.list();
    const undone = temporary.store.auth.transaction(async (tx) => {
      expect(await tx.signingKeys.promote(promotion)).toBe(true);
      throw new Error("undo");
    });
    await expect(undone).rejects.toThrow("undo");
    expect(await signingKeys.list()).toEqual(before);
  });

  test("are removed when they retired long enough ago, and never while they sign", async () => {
    await using temporary = await open();
    const signingKeys = await fill(temporary);
    await signingKeys.promote(promotion);
    expect(await signingKeys.removeRetired(4_999)).toBe(0);
    expect(await signingKeys.removeRetired(5_000)).toBe(1);
    expect(await signingKeys.removeRetired(Number.MAX_SAFE_INTEGER)).toBe(0);
    expect((await signingKeys.list()).map(({ kid }) => kid)).toEqual(["e2", "k2"]);
  });
});
