import { createHash, createPublicKey, sign, verify } from "node:crypto";
import Database from "better-sqlite3";
import { calculateJwkThumbprint } from "jose";
import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { createRecordingLogger, openTemporaryStore } from "#server/testing/temporary-store.ts";
import { ROTATE_EVERY_MS } from "./key-rotation.ts";
import { loadMasterKey } from "../master-key/master-key.ts";
import type { SigningKeyStore, StoredSigningKey } from "./ports.ts";
import { createSigningKeys } from "./signing-keys.ts";

async function setUp() {
  const temporary = await openTemporaryStore();
  const masterKey = await loadMasterKey({ dataDir: temporary.dir });
  const store = temporary.store.auth.signingKeys;
  return {
    ...temporary,
    keyStore: store,
    masterKey,
    load: () => createSigningKeys({ store, masterKey, clock: temporary.clock }),
  };
}

function storeOf(...keys: readonly StoredSigningKey[]): SigningKeyStore {
  const refuse = async () => false;
  return {
    list: async () => keys,
    insertFirst: refuse,
    insertNext: refuse,
    promote: refuse,
    clampFuture: async () => 0,
    removeRetired: async () => 0,
  };
}

describe("createSigningKeys", () => {
  test("makes an RS256-2048 and an ES256 key once, named by their thumbprints, and loads the same afterwards", async () => {
    await using parts = await setUp();
    const first = await parts.load();
    const again = await parts.load();
    expect(await again.jwks()).toEqual(await first.jwks());
    const { keys } = await first.jwks();
    expect(keys).toEqual([
      {
        kty: "RSA",
        n: expect.any(String) as string,
        e: "AQAB",
        alg: "RS256",
        use: "sig",
        kid: first.signing().kid,
      },
      {
        kty: "EC",
        crv: "P-256",
        x: expect.any(String) as string,
        y: expect.any(String) as string,
        alg: "ES256",
        use: "sig",
        kid: first.signing("ES256").kid,
      },
    ]);
    for (const jwk of keys) expect(jwk.kid).toBe(await calculateJwkThumbprint({ ...jwk }));
    const [rsa] = keys;
    if (rsa === undefined) throw new Error("no key");
    expect(createPublicKey({ key: { ...rsa }, format: "jwk" }).asymmetricKeyDetails?.modulusLength).toBe(
      2048,
    );
  });

  test.each(["RS256", "ES256"] as const)(
    "the private half of %s that was stored belongs to the public one",
    async (algorithm) => {
      await using parts = await setUp();
      await parts.load();
      const keys = await parts.load();
      const { kid, privateKey } = keys.signing(algorithm);
      const found = await keys.publicKey(kid);
      if (found === undefined) throw new Error("no key");
      const data = Buffer.from("text");
      expect(found.algorithm).toBe(algorithm);
      expect(verify("sha256", data, found.key, sign("sha256", data, privateKey))).toBe(true);
      expect(await keys.publicKey("another")).toBeUndefined();
    },
  );

  test("a library that signs by itself gets whole keys, signing ones first", async () => {
    await using parts = await setUp();
    const keys = await parts.load();
    const { keys: whole, generation } = keys.privateJwks();
    expect(whole.map(({ kid }) => kid)).toEqual([keys.signing().kid, keys.signing("ES256").kid]);
    expect(whole.every(({ d }) => typeof d === "string")).toBe(true);
    expect(keys.privateJwks()).toBe(keys.privateJwks());
    await keys.reload();
    expect(keys.privateJwks().generation).toBe(generation);
  });

  test("[36] no private member is published", async () => {
    await using parts = await setUp();
    const members = (await (await parts.load()).jwks()).keys.flatMap((key) => Object.keys(key));
    for (const secret of ["d", "p", "q", "dp", "dq", "qi"]) expect(members).not.toContain(secret);
  });

  test("servers that start at once end with one key", async () => {
    await using parts = await setUp();
    const loaded = await Promise.all([parts.load(), parts.load(), parts.load()]);
    expect(new Set(loaded.map((keys) => keys.signing().kid)).size).toBe(1);
    expect(new Set(loaded.map((keys) => keys.signing("ES256").kid)).size).toBe(1);
    expect(await parts.keyStore.list()).toHaveLength(2);
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
    const mine = await rsaKeyOf(parts.keyStore);
    const theirs = await rsaKeyOf(otherParts.keyStore);
    const load = (key: StoredSigningKey) =>
      createSigningKeys({ store: storeOf(key), masterKey: parts.masterKey, clock: parts.clock });
    await expect(load({ ...mine, kid: theirs.kid, publicJwk: theirs.publicJwk })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
    await expect(load({ ...mine, publicJwk: theirs.publicJwk })).rejects.toMatchObject({
      code: "STORAGE_CORRUPT",
    });
    await expect(load({ ...mine, algorithm: "ES256" })).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
    await expect(load({ ...mine, publicJwk: "null" })).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
    await expect(load({ ...mine, publicJwk: "{" })).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
    await expect(load({ ...mine, sealedPrivateKey: "" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  test("keys of other states verify but do not sign", async () => {
    await using parts = await setUp();
    await using otherParts = await setUp();
    await parts.load();
    // As another process of this server made it, in its time.
    await createSigningKeys({ ...parts, store: otherParts.keyStore });
    const current = await rsaKeyOf(parts.keyStore);
    const old = await rsaKeyOf(otherParts.keyStore);
    const keys = await createSigningKeys({
      store: storeOf({ ...old, state: "retired" }, current),
      masterKey: parts.masterKey,
      clock: parts.clock,
    });
    expect(keys.signing().kid).toBe(current.kid);
    expect((await keys.jwks()).keys.map((key) => key.kid)).toEqual([current.kid, old.kid]);
    expect(await keys.publicKey(old.kid)).toBeDefined();
    expect(() => keys.signing("ES256")).toThrow(expect.objectContaining({ code: "INTERNAL" }));
  });

  test("a store that keeps no key is an internal fault", async () => {
    await using parts = await setUp();
    await expect(
      createSigningKeys({ store: storeOf(), masterKey: parts.masterKey, clock: parts.clock }),
    ).rejects.toMatchObject({ code: "INTERNAL" });
  });
});

test("[36] the key id is the RFC 7638 hash of the required members", async () => {
  await using parts = await setUp();
  const [rsa, curve] = (await (await parts.load()).jwks()).keys;
  if (rsa?.kty !== "RSA" || curve?.kty !== "EC") throw new Error("other keys");
  const hash = (text: string) => createHash("sha256").update(text).digest("base64url");
  expect(rsa.kid).toBe(hash(`{"e":"${rsa.e}","kty":"RSA","n":"${rsa.n}"}`));
  expect(curve.kid).toBe(hash(`{"crv":"P-256","kty":"EC","x":"${curve.x}","y":"${curve.y}"}`));
});

describe("while it runs", () => {
  /** Keys over a store whose answers the test counts and can break. */
  async function watched() {
    const parts = await setUp();
    await parts.load();
    const stored = await parts.keyStore.list();
    const state = { looks: 0, broken: false };
    const store: SigningKeyStore = {
      ...storeOf(),
      async list() {
        state.looks++;
        if (state.broken) throw new PipitError("DATABASE_UNREACHABLE", "Gone.");
        return stored;
      },
    };
    const { masterKey, clock } = parts;
    const logger = createRecordingLogger();
    const keys = await createSigningKeys({ store, masterKey, clock, logger });
    state.looks = 0;
    return { ...parts, state, keys, logger };
  }

  test("it looks into the database at most every 5 s, and once for those who ask at once", async () => {
    await using parts = await watched();
    const { keys, state, clock } = parts;
    const { kid } = keys.signing();
    await Promise.all([keys.jwks(), keys.publicKey(kid), keys.fresh()]);
    expect(state.looks).toBe(0);
    clock.advance(5_000);
    await Promise.all([keys.jwks(), keys.publicKey(kid), keys.fresh(), keys.jwks()]);
    expect(state.looks).toBe(1);
  });

  test("an unknown key makes it look again, at most once a second", async () => {
    await using parts = await watched();
    const { keys, state, clock } = parts;
    const guess = () => Promise.all(["a", "b", "c"].map((kid) => keys.publicKey(kid)));
    clock.advance(1_000);
    expect(await guess()).toEqual([undefined, undefined, undefined]);
    await guess();
    expect(state.looks).toBe(1);
    clock.advance(1_000);
    await guess();
    expect(state.looks).toBe(2);
  });

  test("it goes on for an hour while the database is gone, and no longer", async () => {
    await using parts = await watched();
    const { keys, state, clock, logger } = parts;
    const { kid } = keys.signing();
    state.broken = true;
    clock.advance(59 * 60_000);
    expect(await keys.publicKey(kid)).toBeDefined();
    expect((await keys.jwks()).keys).toHaveLength(2);
    expect(logger.lines.map((line) => line.event)).toContain("keys.reload_failed");
    clock.advance(60_000);
    await expect(keys.publicKey(kid)).rejects.toMatchObject({ code: "DATABASE_UNREACHABLE" });
    state.broken = false;
    expect(await keys.publicKey(kid)).toBeDefined();
  });

  test("a rotation that fails is told, and what signs goes on signing until one succeeds", async () => {
    await using parts = await setUp();
    const { keyStore, masterKey, clock } = parts;
    const state = { broken: true };
    const store: SigningKeyStore = {
      ...keyStore,
      insertNext: async (key) =>
        state.broken
          ? Promise.reject(new PipitError("STORAGE_FULL", "No room for a key."))
          : keyStore.insertNext(key),
    };
    const logger = createRecordingLogger();
    const keys = await createSigningKeys({ store, masterKey, clock, logger });
    const { kid } = keys.signing();
    clock.advance(ROTATE_EVERY_MS);
    expect((await keys.jwks()).keys).toHaveLength(2);
    expect(logger.lines).toMatchObject([
      { level: "warn", event: "keys.rotation_failed", fields: { error: { code: "STORAGE_FULL" } } },
    ]);
    expect(keys.signing().kid).toBe(kid);
    state.broken = false;
    clock.advance(5_000);
    expect((await keys.jwks()).keys).toHaveLength(4);
    expect(logger.lines).toHaveLength(1);
  });

  test("a rotation beside a look that began before it is published once it is done", async () => {
    await using parts = await setUp();
    const { keyStore, masterKey, clock } = parts;
    const held = Promise.withResolvers<void>();
    const state = { holds: false };
    const store: SigningKeyStore = {
      ...keyStore,
      async list() {
        const stored = await keyStore.list();
        if (state.holds) {
          state.holds = false;
          await held.promise;
        }
        return stored;
      },
    };
    const keys = await createSigningKeys({ store, masterKey, clock });
    clock.advance(5_000);
    state.holds = true;
    const looking = keys.jwks();
    const rotating = keys.rotate({ force: true });
    await expect.poll(() => keyStore.list()).toHaveLength(4);
    held.resolve();
    expect((await looking).keys).toHaveLength(2);
    const made = (await rotating).map((step) => step.kid);
    expect((await keys.jwks()).keys.map((key) => key.kid)).toEqual(expect.arrayContaining(made));
  });

  test("signing looks again in the background", async () => {
    await using parts = await watched();
    parts.clock.advance(5_000);
    parts.keys.signing();
    expect(parts.state.looks).toBe(1);
  });
});

async function rsaKeyOf(store: SigningKeyStore): Promise<StoredSigningKey> {
  const found = (await store.list()).find((key) => key.algorithm === "RS256");
  if (found === undefined) throw new Error("no key");
  return found;
}
