import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { loadMasterKey } from "./master-key.ts";

async function temporaryFolder() {
  const dir = await mkdtemp(join(tmpdir(), "pipit-key-"));
  return {
    dir,
    file: join(dir, "master-key"),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

describe("loadMasterKey", () => {
  test("makes 32 bytes for the owner only, and finds them again", async () => {
    await using folder = await temporaryFolder();
    const dataDir = join(folder.dir, "data");
    const first = await loadMasterKey({ dataDir });
    const again = await loadMasterKey({ dataDir });
    expect(again.derive("x")).toEqual(first.derive("x"));
    expect(await readFile(join(dataDir, "master-key"))).toHaveLength(32);
    expect((await stat(join(dataDir, "master-key"))).mode & 0o777).toBe(0o600);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    expect(await readdir(dataDir)).toEqual(["master-key"]);
  });

  test("eight starts at once end with one key", async () => {
    await using folder = await temporaryFolder();
    const loaded = await Promise.all(Array.from({ length: 8 }, () => loadMasterKey({ dataDir: folder.dir })));
    expect(new Set(loaded.map((key) => key.derive("x").toString("hex"))).size).toBe(1);
    expect(await readdir(folder.dir)).toEqual(["master-key"]);
  });

  test("tightens permissions", async () => {
    await using folder = await temporaryFolder();
    await writeFile(folder.file, randomBytes(32));
    await chmod(folder.file, 0o664);
    await loadMasterKey({ dataDir: folder.dir });
    expect((await stat(folder.file)).mode & 0o777).toBe(0o600);
  });

  test.each([0, 31, 33, 4096])("refuses a file of %i bytes and leaves it alone", async (length) => {
    await using folder = await temporaryFolder();
    const content = randomBytes(length);
    await writeFile(folder.file, content);
    const loading = loadMasterKey({ dataDir: folder.dir });
    await expect(loading).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(loading).rejects.toThrow(folder.file);
    expect((await readFile(folder.file)).equals(content)).toBe(true);
  });

  test("a folder in its place is named", async () => {
    await using folder = await temporaryFolder();
    await mkdir(folder.file);
    const loading = loadMasterKey({ dataDir: folder.dir });
    await expect(loading).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" });
    await expect(loading).rejects.toThrow(folder.file);
  });

  test("a data folder that is a file is named", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.dir, "data"), "");
    await expect(loadMasterKey({ dataDir: join(folder.dir, "data") })).rejects.toMatchObject({
      code: "STORAGE_UNREADABLE",
    });
  });

  test.each(["base64", "base64url", "hex"] as const)(
    "takes a configured key as %s and writes no file",
    async (encoding) => {
      await using folder = await temporaryFolder();
      const bytes = randomBytes(32);
      const configured = await loadMasterKey({
        dataDir: folder.dir,
        configured: ` ${bytes.toString(encoding)}\n`,
      });
      expect(await readdir(folder.dir)).toEqual([]);
      await writeFile(folder.file, bytes);
      expect(configured.derive("x")).toEqual((await loadMasterKey({ dataDir: folder.dir })).derive("x"));
    },
  );

  test.each(["", "short", "ab".repeat(31), "A".repeat(44), "ж".repeat(43)])(
    "refuses %j, without quoting it",
    async (configured) => {
      const loading = loadMasterKey({ dataDir: "/nonexistent", configured });
      await expect(loading).rejects.toMatchObject({ code: "CONFIG_INVALID" });
      if (configured !== "") await expect(loading).rejects.not.toThrow(configured);
    },
  );
});

describe("derive", () => {
  test("gives one 32-byte key per purpose and never shows the master key", async () => {
    await using folder = await temporaryFolder();
    const key = await loadMasterKey({ dataDir: folder.dir });
    expect(key.derive("a")).toHaveLength(32);
    expect(key.derive("a")).toEqual(key.derive("a"));
    expect(key.derive("a")).not.toEqual(key.derive("b"));
    expect(JSON.stringify(key)).toBe("{}");
  });
});
