import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { openStore } from "../store.ts";
import { createManualClock, createRecordingLogger } from "#server/testing/temporary-store.ts";

async function temporaryFolder() {
  const dir = await mkdtemp(join(tmpdir(), "pipit-open-"));
  return {
    dir,
    file: join(dir, "pipit.db"),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

function options(file: string) {
  return {
    file,
    clock: createManualClock(Date.UTC(2026, 10, 21, 1, 2, 3, 4)),
    logger: createRecordingLogger(),
  };
}

const chat = { id: "c", userId: "u", title: "Kept", createdAtMs: 1, updatedAtMs: 1 };

describe("openStore", () => {
  test("makes the folder and the file for its owner only, and finds everything again", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.dir, "deep", "data", "pipit.db");
    {
      await using store = await openStore(options(file));
      await store.ping();
      await store.chats.create(chat);
      expect(store.setAside).toBeUndefined();
    }
    expect((await stat(join(folder.dir, "deep", "data"))).mode & 0o777).toBe(0o700);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await using store = await openStore(options(file));
    expect(await store.chats.find("u", "c")).toMatchObject(chat);
  });

  test("tightens a file that others may read", async () => {
    await using folder = await temporaryFolder();
    await writeFile(folder.file, "");
    await chmod(folder.file, 0o644);
    await using store = await openStore(options(folder.file));
    await store.ping();
    expect((await stat(folder.file)).mode & 0o777).toBe(0o600);
  });

  test("writes ahead into a log", async () => {
    await using folder = await temporaryFolder();
    await using store = await openStore(options(folder.file));
    await store.ping();
    expect(await readdir(folder.dir)).toContain("pipit.db-wal");
  });

  test("leaves a database of a newer program alone", async () => {
    await using folder = await temporaryFolder();
    await (await openStore(options(folder.file)))[Symbol.asyncDispose]();
    const database = new Database(folder.file);
    database
      .prepare(
        "insert into kysely_migration (name, timestamp) values ('9999_future', '2030-01-01T00:00:00Z')",
      )
      .run();
    database.close();
    const before = await readFile(folder.file);
    const opening = openStore(options(folder.file));
    await expect(opening).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(opening).rejects.toThrow(/newer version.*9999_future.*Update Pipit/);
    await expect(opening).rejects.toThrow(folder.file);
    expect((await readFile(folder.file)).equals(before)).toBe(true);
  });

  test("a locked database is named", async () => {
    await using folder = await temporaryFolder();
    const holder = new Database(folder.file);
    holder.pragma("locking_mode = EXCLUSIVE");
    holder.exec("create table t (x); begin exclusive");
    try {
      await expect(openStore({ ...options(folder.file), busyTimeoutMs: 20 })).rejects.toMatchObject({
        code: "DATA_FOLDER_IN_USE",
      });
    } finally {
      holder.close();
    }
  });
});

describe("a damaged file", () => {
  async function damaged(file: string, damage: (content: Buffer) => Buffer): Promise<Buffer> {
    {
      await using store = await openStore(options(file));
      for (let n = 0; n < 200; n++)
        await store.chats.create({ ...chat, id: `c${n}`, title: "x".repeat(500) });
    }
    const content = damage(await readFile(file));
    await writeFile(file, content);
    return content;
  }

  test.each([
    ["garbage", () => Buffer.from("this is no database".repeat(500))],
    ["a cut file", (content: Buffer) => content.subarray(0, content.length / 2)],
    ["a short file", () => Buffer.from("abc")],
    ["an overwritten page", (content: Buffer) => Buffer.from(content).fill(0xff, 4096 * 3, 4096 * 5)],
    ["a broken schema", (content: Buffer) => Buffer.from(content).fill(0xaa, 100, 4096)],
  ])("with %s is kept aside whole, and a fresh one is used", async (_name, damage) => {
    await using folder = await temporaryFolder();
    const content = await damaged(folder.file, damage);
    const opened = options(folder.file);
    await using store = await openStore(opened);
    expect(store.setAside).toBe(`${folder.file}.corrupt-20261121T010203.004Z`);
    expect((await readFile(store.setAside ?? "")).equals(content)).toBe(true);
    expect(opened.logger.lines).toMatchObject([
      { level: "warn", event: "store.set_aside", fields: { file: folder.file, setAside: store.setAside } },
    ]);
    await store.chats.create(chat);
    expect(await store.chats.list("u", 10)).toMatchObject([chat]);
  });

  test("that is large and was closed in order is found out in use, and kept aside at the next start", async () => {
    await using folder = await temporaryFolder();
    {
      await using store = await openStore(options(folder.file));
      for (let n = 0; n < 20; n++)
        await store.chats.create({ ...chat, id: `c${n}`, title: "x".repeat(500_000) });
    }
    const content = await readFile(folder.file);
    await writeFile(folder.file, content.fill(0xff, 4_096_000, 4_096_000 + 8192));
    const opened = options(folder.file);
    {
      await using store = await openStore(opened);
      expect(store.setAside).toBeUndefined();
      await expect(store.chats.list("u", 100)).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
      expect(opened.logger.lines).toMatchObject([{ level: "error", event: "store.damaged" }]);
    }
    {
      await using store = await openStore(options(folder.file));
      expect(store.setAside).toContain(".corrupt-");
      expect((await readFile(store.setAside ?? "")).equals(content)).toBe(true);
    }
    expect((await readdir(folder.dir)).filter((name) => name.endsWith(".suspect"))).toEqual([]);
  });

  test("never takes the place of another one kept before, and its journals go along", async () => {
    await using folder = await temporaryFolder();
    const kept = `${folder.file}.corrupt-20261121T010203.004Z`;
    await writeFile(kept, "earlier");
    await writeFile(folder.file, "garbage".repeat(2000));
    await writeFile(`${folder.file}-wal`, "journal");
    await using store = await openStore(options(folder.file));
    expect(store.setAside).toBe(`${kept}-1`);
    expect(await readFile(kept, "utf8")).toBe("earlier");
    expect(await readFile(`${kept}-1`, "utf8")).toContain("garbage");
    expect(await readFile(`${kept}-1-wal`, "utf8")).toBe("journal");
  });
});

describe("a server that is killed", () => {
  test("loses nothing that it had confirmed, and its running turn can be taken over", async () => {
    await using folder = await temporaryFolder();
    const child = spawn(process.execPath, ["--input-type=module", "--eval", writer, folder.file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "close");
    const confirmed: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      confirmed.push(line);
      if (confirmed.length === 30) child.kill("SIGKILL");
    }
    expect((await ended)[1]).toBe("SIGKILL");

    const opened = options(folder.file);
    await using store = await openStore(opened);
    expect(store.setAside).toBeUndefined();
    expect(opened.logger.lines).toEqual([]);
    const turns = await store.turns.recent("u", "c", 100_000);
    const stored = turns.filter(({ status }) => status !== "running").map(({ id }) => id);
    expect(stored).toEqual(expect.arrayContaining(confirmed));
    const found = await store.turns.search("u", "confirmed", { limit: 100 });
    expect(found.length).toBe(Math.min(stored.length, 100));
    const again = await store.turns.begin(beginning("running", 1_000_000));
    expect(again).toMatchObject({ begun: true, turn: { id: "running", index: 0, ownerId: "owner-1000000" } });
  });

  const beginning = (id: string, nowMs: number) => ({
    turnId: id,
    chatId: "c",
    userId: "u",
    clientMessageId: id,
    userText: "?",
    hadImage: false,
    ownerId: `owner-${nowMs}`,
    nowMs,
    leaseMs: 1000,
  });
  const writer = `
    const { openStore } = await import(${JSON.stringify(new URL("../store.ts", import.meta.url).href)});
    const quiet = { debug() {}, info() {}, warn() {}, error() {} };
    const beginning = ${beginning.toString()};
    const { chats, turns } = await openStore({ file: process.argv[1], clock: { nowMs: () => 0 }, logger: quiet });
    await chats.create({ id: "c", userId: "u", title: "", createdAtMs: 0, updatedAtMs: 0 });
    await turns.begin(beginning("running", 0));
    for (let n = 0; ; n++) {
      await turns.begin(beginning("turn-" + n, n));
      await turns.finish({ turnId: "turn-" + n, ownerId: "owner-" + n, status: "done", assistantText: "confirmed", reasoning: "", inputTokens: 0, outputTokens: 0, nowMs: n });
      process.stdout.write("turn-" + n + "\\n");
    }`;
});

describe("a place that cannot be used", () => {
  test.each([
    ["a folder where the file should be", async (dir: string) => mkdir(join(dir, "pipit.db"))],
    ["a file where the folder should be", async (dir: string) => writeFile(join(dir, "data"), "")],
  ])("%s", async (name, prepare) => {
    await using folder = await temporaryFolder();
    await prepare(folder.dir);
    const file = name.startsWith("a folder") ? folder.file : join(folder.dir, "data", "pipit.db");
    const opening = openStore(options(file));
    await expect(opening).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" });
    await expect(opening).rejects.toThrow(file);
    await expect(opening).rejects.toThrow(/readable and writable.*--data/);
  });

  /*
   * Root may read everything, so the store is opened by a process that becomes another user first; it loads all code
   * before that, since the other user may not be able to read this folder.
   */
  const program = `
    const { openStore } = await import(${JSON.stringify(new URL("../store.ts", import.meta.url).href)});
    const quiet = { debug() {}, info() {}, warn() {}, error() {} };
    const open = (file) => openStore({ file, clock: { nowMs: () => 0 }, logger: quiet });
    const [warmUp, file] = process.argv.slice(1);
    await (await open(warmUp))[Symbol.asyncDispose]();
    if (process.getuid() === 0) {
      process.setgid(65534);
      process.setuid(65534);
    }
    try {
      await using store = await open(file);
      console.log(JSON.stringify({ code: "OPENED", message: "" }));
    } catch (error) {
      console.log(JSON.stringify({ code: error.code, message: error.message }));
    }`;

  test.each([
    ["a folder that may not be entered", 0o000, 0o600],
    ["a folder that may not be written", 0o555, 0o666],
    ["a file that may not be read", 0o777, 0o000],
    ["a file that may not be written", 0o777, 0o444],
  ])("%s", async (_name, folderMode, fileMode) => {
    await using folder = await temporaryFolder();
    const data = join(folder.dir, "data");
    const file = join(data, "pipit.db");
    await mkdir(data);
    await writeFile(file, "");
    await chmod(file, fileMode);
    await chmod(data, folderMode);
    await chmod(folder.dir, 0o755);
    const warmUp = join(folder.dir, "warm-up.db");
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--input-type=module",
      "--eval",
      program,
      warmUp,
      file,
    ]);
    const { code, message } = JSON.parse(stdout) as { code: string; message: string };
    expect(code).toBe("STORAGE_UNREADABLE");
    expect(message).toContain(file);
  });
});
