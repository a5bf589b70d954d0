import { randomBytes } from "node:crypto";
import * as argon2 from "@node-rs/argon2";
import * as bcrypt from "@node-rs/bcrypt";
import { describe, expect, test, vi } from "vitest";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { createPasswordHasher } from "./password-hasher.ts";

const right = { ok: true, rehash: false };
const outdated = { ok: true, rehash: true };
const wrong = { ok: false, rehash: false };
const password = "Päss-wörd 1";

test("makes argon2id hashes with the agreed costs, each with a salt of its own", async () => {
  const hasher = createPasswordHasher();
  const [one, other] = [await hasher.hash(password), await hasher.hash(password)];
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(one).not.toBe(other);
  expect(await hasher.verify(one, password)).toEqual(right);
  expect(await hasher.verify(one, `${password} `)).toEqual(wrong);
});

test("one password is the same from every keyboard", async () => {
  const hasher = createPasswordHasher();
  const hash = await hasher.hash(password.normalize("NFD"));
  expect(await hasher.verify(hash, password.normalize("NFC"))).toEqual(right);
});

describe("older hashes", () => {
  test.each([
    ["less memory", { memoryCost: 8192, timeCost: 2 }],
    ["fewer passes", { memoryCost: 19_456, timeCost: 1 }],
    ["argon2i", { memoryCost: 19_456, timeCost: 2, algorithm: 1 }],
    ["a short digest", { memoryCost: 19_456, timeCost: 2, outputLen: 16 }],
    ["an older version", { memoryCost: 19_456, timeCost: 2, version: 0 }],
  ])("with %s are right, and renewed", async (_name, options) => {
    const hash = await argon2.hash(password, options);
    const hasher = createPasswordHasher();
    expect(await hasher.verify(hash, password)).toEqual(outdated);
    expect(await hasher.verify(hash, "Wrong-pass 1")).toEqual(wrong);
  });

  test("that cost more than ours are not renewed", async () => {
    const hash = await argon2.hash(password, { memoryCost: 32_768, timeCost: 3 });
    expect(await createPasswordHasher().verify(hash, password)).toEqual(right);
  });

  test.each(["2a", "2b", "2y"] as const)("of bcrypt ($%s$) are right, and renewed", async (version) => {
    // The package writes one of them; they differ in nothing for such a password.
    const hash = `$${version}${(await bcrypt.hash(password, 4)).slice(3)}`;
    expect(hash.startsWith(`$${version}$`)).toBe(true);
    const hasher = createPasswordHasher();
    expect(await hasher.verify(hash, password)).toEqual(outdated);
    expect(await hasher.verify(hash, "Wrong-pass 1")).toEqual(wrong);
  });

  test("of bcrypt stand for 72 bytes, and are renewed in full", async () => {
    const long = `${"A".repeat(72)} and more`;
    const hash = await bcrypt.hash(long, 4);
    expect(await createPasswordHasher().verify(hash, long)).toEqual(outdated);
  });
});

describe("a pepper", () => {
  const pepper = randomBytes(32);

  test("is needed to check what was made with it", async () => {
    const hash = await createPasswordHasher({ pepper }).hash(password);
    expect(await createPasswordHasher({ pepper }).verify(hash, password)).toEqual(right);
    expect(await createPasswordHasher({ pepper: randomBytes(32) }).verify(hash, password)).toEqual(wrong);
    const logger = createRecordingLogger();
    expect(await createPasswordHasher({ logger }).verify(hash, password)).toEqual(wrong);
    expect(logger.lines).toEqual([{ level: "warn", event: "auth.password_hash_unreadable", fields: {} }]);
  });

  test("that is introduced keeps older hashes good, and renews them", async () => {
    const plain = createPasswordHasher();
    const peppered = createPasswordHasher({ pepper });
    expect(await peppered.verify(await plain.hash(password), password)).toEqual(outdated);
    expect(await peppered.verify(await bcrypt.hash(password, 4), password)).toEqual(outdated);
  });
});

test("for nobody, the same work is done as for somebody, and never fits", async () => {
  const hasher = createPasswordHasher();
  expect(await hasher.verify(undefined, password)).toEqual(wrong);
  expect(await hasher.verify(undefined, "")).toEqual(wrong);
  expect(await createPasswordHasher({ pepper: randomBytes(32) }).verify(undefined, password)).toEqual(wrong);
});

test.each([
  "",
  "plain text",
  "$argon2id$v=19$m=19456,t=2,p=1$short",
  "$argon2id$v=19$m=4000000,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  "$argon2id$v=19$m=19456,t=4000,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  "$2b$31$abcdefghijklmnopqrstuuSECRETSECRETSECRETSECRETSECRET12",
  "$2b$04$broken",
  "{pepper}",
])("the stored hash %j fits nothing, breaks nothing and is in no log", async (stored) => {
  const logger = createRecordingLogger();
  const hasher = createPasswordHasher({ logger });
  expect(await hasher.verify(stored, password)).toEqual(wrong);
  expect(logger.lines.map(({ event }) => event)).toEqual(["auth.password_hash_unreadable"]);
  if (stored !== "") expect(JSON.stringify(logger.lines)).not.toContain(stored);
});

test.each([
  ["memory", { memoryCost: 262_144, timeCost: 1 }, { memoryCost: 262_145, timeCost: 1 }],
  ["passes", { memoryCost: 8, timeCost: 16 }, { memoryCost: 8, timeCost: 17 }],
])("a stored hash may cost so much %s, and no more", async (_what, most, more) => {
  const hasher = createPasswordHasher();
  expect(await hasher.verify(await argon2.hash(password, most), password)).toEqual(outdated);
  expect(await hasher.verify(await argon2.hash(password, more), password)).toEqual(wrong);
});

test("a library that fails lets nobody in, and what it says of the hash is in no log", async () => {
  const hash = await createPasswordHasher().hash(password);
  // No hash that it can read makes it fail.
  vi.doMock("@node-rs/argon2", async (original) => ({
    ...(await original<typeof argon2>()),
    verify: () => Promise.reject(new Error(`out of memory: ${hash}`)),
  }));
  try {
    const logger = createRecordingLogger();
    expect(await createPasswordHasher({ logger }).verify(hash, password)).toEqual(wrong);
    expect(logger.lines).toEqual([{ level: "warn", event: "auth.password_hash_unreadable", fields: {} }]);
  } finally {
    vi.doUnmock("@node-rs/argon2");
  }
  expect(await createPasswordHasher().verify(hash, password)).toEqual(right);
});

test("a text of megabytes is not hashed", async () => {
  const hasher = createPasswordHasher();
  const hash = await hasher.hash("A".repeat(1024));
  expect(await hasher.verify(hash, "A".repeat(8_000_000))).toEqual(wrong);
});

describe("too many at once", () => {
  test("those who find the queue full are told when to come back, the others get their turn", async () => {
    const hasher = createPasswordHasher({ concurrency: 1, maxQueued: 2 });
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => hasher.verify(undefined, password)));
    expect(all.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
      "rejected",
      "rejected",
    ]);
    for (const one of all) {
      if (one.status === "fulfilled") continue;
      expect(one.reason).toMatchObject({ code: "SERVER_BUSY", retryAfterMs: 1000 });
    }
    expect(await hasher.verify(undefined, password)).toEqual(wrong);
  });

  test("whoever leaves the queue makes room, and costs nothing", async () => {
    const hasher = createPasswordHasher({ concurrency: 1, maxQueued: 1 });
    const leaving = new AbortController();
    const first = hasher.hash(password);
    const gone = hasher.hash(password, leaving.signal);
    leaving.abort();
    await expect(gone).rejects.toMatchObject({ name: "AbortError" });
    const second = hasher.hash(password);
    await expect(hasher.hash(password, AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
    expect(await Promise.all([first, second])).toHaveLength(2);
    expect(await hasher.hash(password)).toContain("argon2id");
  });

  test("a signal that comes too late changes nothing", async () => {
    const hasher = createPasswordHasher({ concurrency: 1 });
    const late = new AbortController();
    const hash = hasher.hash(password, late.signal);
    late.abort();
    expect(await hash).toContain("argon2id");
  });
});
