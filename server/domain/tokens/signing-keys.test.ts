import { createHash, createPublicKey, sign, verify } from "node:crypto";
import Database from "better-sqlite3";
import { calculateJwkThumbprint } from "jose";
import { describe, expect, test } from "vitest";
import { openTemporaryStore } from "#server/store/testing/temporary-store.ts";
import { loadMasterKey } from "./master-key.ts";
import type { SigningKeyStore, StoredSigningKey } from "./ports.ts";
import { createSigningKeys } from "./signing-keys.ts";

async function setUp() {
  const temporary = await openTemporaryStore();
  const masterKey = await loadMasterKey({ dataDir: temporary.dir });
  const store = temporary.store.signingKeys;
  return {
    ...temporary,
    keyStore: store,
    masterKey,
    load: () => createSigningKeys({ store, masterKey, clock: temporary.clock }),
  };
}

function storeOf(...keys: readonly StoredSigningKey[]): SigningKeyStore {
  return { list: async () => keys, insertFirst: async () => false };
}

describe("createSigningKeys", () => {
  test("makes an RS256-2048 key once, named by its thumbprint, and loads the same one afterwards", async () => {
    await using parts = await setUp();
    const first = await parts.load();
    const again = await parts.load();
    expect(again.jwks()).toEqual(first.jwks());
    const [jwk, ...others] = first.jwks().keys;
    expect(others).toEqual([]);
    expect(jwk).toEqual({
      kty: "RSA",
      n: expect.any(String) as string,
      e: "AQAB",
      alg: "RS256",
      use: "sig",
      kid: first.signing().kid,
    });
    if (jwk === undefined) throw new Error("no key");
    expect(jwk.kid).toBe(await calculateJwkThumbprint({ ...jwk }));
    expect(createPublicKey({ key: { ...jwk }, format: "jwk" }).asymmetricKeyDetails?.modulusLength).toBe(
      2048,
    );
  });

  test("the private half that was stored belongs to the public one", async () => {
    await using parts = await setUp();
    await parts.load();
    const { signing, publicKey } = await parts.load();
    const { kid, privateKey } = signing();
    const key = publicKey(kid);
    if (key === undefined) throw new Error("no key");
    const data = Buffer.from("text");
    expect(verify("RSA-SHA256", data, key, sign("RSA-SHA256", data, privateKey))).toBe(true);
    expect(publicKey("another")).toBeUndefined();
  });

  test("servers that start at once end with one key", async () => {
    await using parts = await setUp();
    const loaded = await Promise.all([parts.load(), parts.load(), parts.load()]);
    expect(new Set(loaded.map((keys) => keys.signing().kid)).size).toBe(1);
    expect(await parts.keyStore.list()).toHaveLength(1);
  });

  test("nothing of the private key is readable in the database", async () => {
    await using parts = await setUp();
    const keys = await parts.load();
    const der = keys.signing().privateKey.export({ format: "der", type: "pkcs8" });
    const secretPart = der.subarray(-64);
    const file = new Database(parts.file, { readonly: true });
    const bytes = file.serialize();
    file.close();
    for (const encoding of ["base64", "base64url", "hex"] as const) {
      expect(bytes.includes(secretPart.toString(encoding).slice(0, 40))).toBe(false);
    }
    expect(bytes.includes(secretPart)).toBe(false);
    expect(bytes.includes("PRIVATE KEY")).toBe(false);
  });

  test("another master key is named, with the cure", async () => {
    await using parts = await setUp();
    await parts.load();
    const other = await loadMasterKey({ dataDir: parts.dir, configured: "00".repeat(32) });
    const loading = createSigningKeys({ store: parts.keyStore, masterKey: other, clock: parts.clock });
    await expect(loading).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(loading).rejects.toThrow(/another master key.*Restore/);
  });

  test("a sealed key cannot be moved under another id, nor a public key be exchanged", async () => {
    await using parts = await setUp();
    await parts.load();
    await using otherParts = await setUp();
    await otherParts.load();
    const [mine] = await parts.keyStore.list();
    const [theirs] = await otherParts.keyStore.list();
    if (mine === undefined || theirs === undefined) throw new Error("no key");
    const load = (key: StoredSigningKey) =>
      createSigningKeys({ store: storeOf(key), masterKey: parts.masterKey, clock: parts.clock });
    await expect(load({ ...mine, kid: theirs.kid, publicJwk: theirs.publicJwk })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
    await expect(load({ ...mine, publicJwk: theirs.publicJwk })).rejects.toMatchObject({
      code: "STORAGE_CORRUPT",
    });
    await expect(load({ ...mine, publicJwk: "null" })).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
    await expect(load({ ...mine, publicJwk: "{" })).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
    await expect(load({ ...mine, sealedPrivateKey: "" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  test("keys of other states verify but do not sign", async () => {
    await using parts = await setUp();
    await using otherParts = await setUp();
    await parts.load();
    await otherParts.load();
    const [current] = await parts.keyStore.list();
    const [old] = await otherParts.keyStore.list();
    if (current === undefined || old === undefined) throw new Error("no key");
    const keys = await createSigningKeys({
      store: storeOf({ ...old, state: "retired" }, current),
      masterKey: parts.masterKey,
      clock: parts.clock,
    });
    expect(keys.signing().kid).toBe(current.kid);
    expect(keys.jwks().keys.map((key) => key.kid)).toEqual([old.kid, current.kid]);
    expect(keys.publicKey(old.kid)).toBeDefined();
  });

  test("a store that keeps no key is an internal fault", async () => {
    await using parts = await setUp();
    await expect(
      createSigningKeys({ store: storeOf(), masterKey: parts.masterKey, clock: parts.clock }),
    ).rejects.toMatchObject({ code: "INTERNAL" });
  });
});

describe("the key id", () => {
  test("is the RFC 7638 hash of the required members", async () => {
    await using parts = await setUp();
    const [jwk] = (await parts.load()).jwks().keys;
    const canonical = `{"e":"${jwk?.e}","kty":"RSA","n":"${jwk?.n}"}`;
    expect(jwk?.kid).toBe(createHash("sha256").update(canonical).digest("base64url"));
  });
});
