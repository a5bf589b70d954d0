import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createBootstrapSecret } from "./bootstrap-secret.ts";

async function setUp() {
  const dir = await mkdtemp(join(tmpdir(), "pipit-bootstrap-"));
  const file = join(dir, "bootstrap-secret");
  return {
    dir,
    file,
    read: () => readFile(file, "utf8"),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

test("writes a fresh secret at every start, for the owner only", async () => {
  await using folder = await setUp();
  await writeFile(folder.file, "left by a server that was killed");
  await chmod(folder.file, 0o644);
  await createBootstrapSecret(folder.dir);
  const first = await folder.read();
  expect(first).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect((await stat(folder.file)).mode & 0o777).toBe(0o600);
  await createBootstrapSecret(folder.dir);
  expect(await folder.read()).not.toBe(first);
  expect(await readdir(folder.dir)).toEqual(["bootstrap-secret"]);
});

test("each secret works once; the next one is there at once", async () => {
  await using folder = await setUp();
  await using secret = await createBootstrapSecret(folder.dir);
  const first = await folder.read();
  expect(await secret.redeem(`${first}\n`)).toBe(true);
  const second = await folder.read();
  expect(second).not.toBe(first);
  expect(await secret.redeem(first)).toBe(false);
  expect(await secret.redeem(second)).toBe(true);
});

test("of eight redemptions at once one succeeds", async () => {
  await using folder = await setUp();
  await using secret = await createBootstrapSecret(folder.dir);
  const candidate = await folder.read();
  const results = await Promise.all(Array.from({ length: 8 }, () => secret.redeem(candidate)));
  expect(results.filter(Boolean)).toHaveLength(1);
});

test.each(["", " ", "wrong", "A".repeat(43), "x".repeat(1_000_000)])(
  "refuses a wrong secret (%#)",
  async (candidate) => {
    await using folder = await setUp();
    await using secret = await createBootstrapSecret(folder.dir);
    const before = await folder.read();
    expect(await secret.redeem(candidate)).toBe(false);
    expect(await folder.read()).toBe(before);
  },
);

test("when the next secret cannot be written, this one is not used up", async () => {
  await using folder = await setUp();
  await using secret = await createBootstrapSecret(folder.dir);
  const candidate = await folder.read();
  await rm(folder.dir, { recursive: true });
  await writeFile(folder.dir, "");
  await expect(secret.redeem(candidate)).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" });
  await rm(folder.dir);
  expect(await secret.redeem(candidate)).toBe(true);
  expect(await folder.read()).not.toBe(candidate);
});

test("a stopped server leaves no secret, and takes none", async () => {
  await using folder = await setUp();
  const secret = await createBootstrapSecret(folder.dir);
  const candidate = await folder.read();
  const late = secret.redeem(candidate);
  await secret[Symbol.asyncDispose]();
  expect(await late).toBe(true);
  expect(await readdir(folder.dir)).toEqual([]);
  expect(await secret.redeem(candidate)).toBe(false);
});
