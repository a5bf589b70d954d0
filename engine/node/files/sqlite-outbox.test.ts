import { textFile } from "#engine/testing/chat-engine-kit.ts";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { once } from "node:events";
import { readdir, readFile, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { describeOutbox, outboxRow } from "#engine/testing/outbox-suite.ts";
import { openOutbox } from "./sqlite-outbox.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { makeTempHome } from "../testing/temp-home.ts";

const logger = createFakeLogger();

const row = outboxRow;

describeOutbox("the outbox", async () => {
  const home = await makeTempHome();
  return {
    open: () => openOutbox({ home: home.path, logger }),
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
});

describe("its file", () => {
  test("is private", async () => {
    await using home = await makeTempHome();
    await using outbox = await openOutbox({ home: home.path, logger });
    await outbox.add(row("1"));
    const files = await readdir(home.path);
    expect(files).toContain("outbox.db-wal");
    for (const file of files) expect((await stat(join(home.path, file))).mode & 0o077).toBe(0);
  });

  test("is shared by two programs", async () => {
    await using home = await makeTempHome();
    await using one = await openOutbox({ home: home.path, logger });
    await using two = await openOutbox({ home: home.path, logger });
    await one.add(row("1"));
    await two.add(row("2"));
    expect((await one.list("a")).map((each) => each.clientMessageId)).toEqual(["1", "2"]);
  });
});

/** The table of version 1, which kept the pictures in it. */
const version1 = `
  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, client_message_id TEXT NOT NULL UNIQUE, account_id TEXT NOT NULL,
    chat_key TEXT NOT NULL, text TEXT NOT NULL, image BLOB, image_width INTEGER, image_height INTEGER,
    speak INTEGER NOT NULL, created_at_ms INTEGER NOT NULL, attempts INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX outbox_by_account ON outbox (account_id, seq);
  INSERT INTO outbox (client_message_id, account_id, chat_key, text, image, image_width, image_height, speak,
    created_at_ms, attempts) VALUES ('1', 'a', 'c', 'text 1', x'ffd8ff', 4, 3, 1, 1, 2), ('2', 'a', 'c', 'text 2', NULL, NULL, NULL, 1, 1, 0);
  PRAGMA user_version = 1;
`;

test("a queue of the first version keeps its rows and their pictures, whoever of two opens it first", async () => {
  await using home = await makeTempHome();
  const db = new Database(join(home.path, "outbox.db"));
  db.exec(version1);
  db.close();
  const [one, two] = await Promise.all([1, 2].map(() => openOutbox({ home: home.path, logger })));
  const image = { sizeBytes: 3, widthPx: 4, heightPx: 3 };
  for (const outbox of [one, two]) {
    expect(await outbox?.list("a")).toEqual([row("1", { image, attempts: 2 }), row("2")]);
    expect(await outbox?.picture("1")).toEqual(new Uint8Array([0xff, 0xd8, 0xff]));
  }
  await two?.add(row("3"));
  for (const outbox of [one, two]) await outbox?.[Symbol.asyncDispose]();
});

test("a queue of the second version, which knew no files, keeps its rows and takes some", async () => {
  await using home = await makeTempHome();
  const files = [textFile];
  {
    await using outbox = await openOutbox({ home: home.path, logger });
    await outbox.add(row("1"));
  }
  const db = new Database(join(home.path, "outbox.db"));
  db.exec("ALTER TABLE outbox DROP COLUMN files; PRAGMA user_version = 2;");
  db.close();
  await using outbox = await openOutbox({ home: home.path, logger });
  await outbox.add(row("2", { files }));
  expect(await outbox.list("a")).toEqual([row("1"), row("2", { files })]);
});

test("CMR-D2: a picture that an older Pipit adds while its queue is brought to this version is kept", async () => {
  await using home = await makeTempHome();
  const db = new Database(join(home.path, "outbox.db"));
  db.exec(version1);
  const insert = db.prepare(
    `INSERT INTO outbox (client_message_id, account_id, chat_key, text, image, image_width, image_height, speak,
       created_at_ms, attempts) VALUES (?, 'a', 'c', 'text', ?, 4, 3, 1, 1, 0)`,
  );
  for (const id of ["3", "4", "5"]) insert.run(id, Buffer.alloc(3, id));
  const opening = openOutbox({ home: home.path, logger });
  while (!existsSync(join(home.path, "outbox", "1"))) await new Promise((resolve) => setImmediate(resolve));
  insert.run("late", Buffer.alloc(3, "late"));
  db.close();
  await using outbox = await opening;
  expect((await outbox.list("a")).map((each) => each.clientMessageId)).toEqual([
    "1",
    "2",
    "3",
    "4",
    "5",
    "late",
  ]);
  for (const id of ["3", "4", "5", "late"])
    expect(await outbox.picture(id)).toEqual(new Uint8Array(Buffer.alloc(3, id)));
});

test("CMR-D2: a row that cannot be read does not hide the others", async () => {
  await using home = await makeTempHome();
  await using outbox = await openOutbox({ home: home.path, logger });
  for (const id of ["1", "2"]) await outbox.add(row(id));
  const db = new Database(join(home.path, "outbox.db"));
  db.exec("UPDATE outbox SET state = '{{' WHERE client_message_id = '1'");
  db.close();
  expect(await outbox.list("a")).toMatchObject([{ state: { kind: "parked" } }, row("2")]);
});

test("pictures without a row, unfinished ones and locks of dead programs are swept when they are old", async () => {
  await using home = await makeTempHome();
  const folder = join(home.path, "outbox");
  const bytes = new Uint8Array([1]);
  const old = new Date(Date.now() - 3_600_000);
  {
    await using outbox = await openOutbox({ home: home.path, logger });
    await outbox.add(row("kept", { image: { sizeBytes: 1, widthPx: 1, heightPx: 1 } }), bytes);
    for (const name of ["young", "orphan", ".half.0a0b", "dead.sender"])
      await writeFile(join(folder, name), bytes);
    for (const name of ["kept", "orphan", ".half.0a0b", "dead.sender"])
      await utimes(join(folder, name), old, old);
  }
  await using again = await openOutbox({ home: home.path, logger });
  expect(again.setAside).toBeUndefined();
  expect((await readdir(folder)).toSorted()).toEqual(["kept", "young"]);
});

/** Turns of the event loop while `work` ran, and what the longest took of the processor, in ms. */
async function turnsDuring(work: () => Promise<void>): Promise<{ turns: number; longestMs: number }> {
  const seen = { turns: 0, longestMs: 0 };
  let used = process.threadCpuUsage();
  let next = setImmediate(function turn() {
    const { user, system } = process.threadCpuUsage(used);
    used = process.threadCpuUsage();
    seen.turns += 1;
    seen.longestMs = Math.max(seen.longestMs, (user + system) / 1_000);
    next = setImmediate(turn);
  });
  await work();
  clearImmediate(next);
  return seen;
}

test("an 8 MiB picture is written beside the event loop, whose turns take at most 20 ms of the processor", async () => {
  await using home = await makeTempHome();
  await using outbox = await openOutbox({ home: home.path, logger });
  const bytes = new Uint8Array(8 * 1024 * 1024).fill(7);
  const image = { sizeBytes: bytes.length, widthPx: 1, heightPx: 1 };
  await outbox.add(row("warm"));
  const longest: number[] = [];
  // A collection of garbage may fall into one turn, not into one of every round.
  for (let round = 0; round < 5; round += 1) {
    const { turns, longestMs } = await turnsDuring(() => outbox.add(row(`${round}`, { image }), bytes));
    // Opening, each piece, the flush and the renaming are waited for; nothing else would run if one of them blocked.
    expect(turns).toBeGreaterThan(10);
    longest.push(longestMs);
  }
  expect(Math.min(...longest)).toBeLessThan(20);
});

describe("a fault", () => {
  test("CMR-D4: the claim of a program that was killed is free at once", async () => {
    await using home = await makeTempHome();
    const program = `
      import { openOutbox } from ${JSON.stringify(new URL("sqlite-outbox.ts", import.meta.url).href)};
      const nothing = () => undefined;
      const outbox = await openOutbox({ home: process.argv[1], logger: { debug: nothing, info: nothing, warn: nothing, error: nothing } });
      console.log(await outbox.claim("c"));
      setInterval(nothing, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", program, home.path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = once(child, "close");
    const [said] = await once(child.stdout.setEncoding("utf8"), "data");
    await using outbox = await openOutbox({ home: home.path, logger });
    expect([said, await outbox.claim("c")]).toEqual(["true\n", false]);
    child.kill("SIGKILL");
    await closed;
    expect(await outbox.claim("c")).toBe(true);
  });

  test("kill -9 loses nothing that was taken", async () => {
    await using home = await makeTempHome();
    const program = `
      import { openOutbox } from ${JSON.stringify(new URL("sqlite-outbox.ts", import.meta.url).href)};
      const nothing = () => undefined;
      const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
      const outbox = await openOutbox({ home: process.argv[1], logger });
      for (let index = 0; ; index += 1) {
        await outbox.add({ clientMessageId: String(index), accountId: "a", chatKey: "c", text: "t", speak: true, createdAtMs: index, attempts: 0, state: { kind: "waiting" } });
        process.stdout.write(index + "\\n");
      }`;
    const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", program, home.path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      if (printed.length > 60) child.kill("SIGKILL");
    });
    await once(child, "close");
    expect(child.signalCode).toBe("SIGKILL");
    const taken = printed.split("\n").slice(0, -1);
    await using outbox = await openOutbox({ home: home.path, logger });
    const kept = (await outbox.list("a")).map((each) => each.clientMessageId);
    expect(taken.length).toBeGreaterThan(10);
    expect(kept.slice(0, taken.length)).toEqual(taken);
  });

  test.each(["not a database, but long enough to be taken for one by its size".repeat(100), "x"])(
    "a damaged file is put aside whole, and announced",
    async (content) => {
      await using home = await makeTempHome();
      await writeFile(join(home.path, "outbox.db"), content);
      const log = createFakeLogger();
      await using outbox = await openOutbox({ home: home.path, logger: log });
      expect(await readFile(outbox.setAside ?? "", "utf8")).toBe(content);
      expect(log.lines).toMatchObject([{ level: "warn", event: "outbox.damaged" }]);
      await outbox.add(row("1"));
      expect(await outbox.list("a")).toHaveLength(1);
    },
  );

  test("a file cut in half is put aside too", async () => {
    await using home = await makeTempHome();
    const path = join(home.path, "outbox.db");
    {
      await using outbox = await openOutbox({ home: home.path, logger });
      for (let index = 0; index < 40; index += 1)
        await outbox.add(row(String(index), { text: "x".repeat(3_000) }));
    }
    await truncate(path, Math.floor((await stat(path)).size / 2));
    await using outbox = await openOutbox({ home: home.path, logger });
    expect(outbox.setAside).toMatch(/outbox\.db\.damaged-/u);
    expect(await outbox.list("a")).toEqual([]);
  });

  test("no room is STORAGE_FULL, and what was taken stays", async () => {
    await using home = await makeTempHome();
    await using outbox = await openOutbox({ home: home.path, maxBytes: 64 * 1024, logger });
    await outbox.add(row("1"));
    const bytes = new Uint8Array(128 * 1024);
    const image = { sizeBytes: bytes.length, widthPx: 1, heightPx: 1 };
    await expect(outbox.add(row("2", { image }), bytes)).rejects.toMatchObject({
      code: "STORAGE_FULL",
      retryable: true,
    });
    await outbox.add(row("3"));
    expect((await outbox.list("a")).map((each) => each.clientMessageId)).toEqual(["1", "3"]);
  });

  test("U7: a removal that cannot be committed is not taken for done", async () => {
    await using home = await makeTempHome();
    await using outbox = await openOutbox({ home: home.path, logger });
    await outbox.add(row("1"));
    const db = new Database(join(home.path, "outbox.db"));
    // Fails at the commit only, as a full disk does.
    db.exec(`CREATE TABLE needs (id TEXT REFERENCES outbox (client_message_id) DEFERRABLE INITIALLY DEFERRED);
      INSERT INTO needs VALUES ('1');`);
    await expect(outbox.remove("1")).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" });
    expect(await outbox.list("a")).toEqual([row("1")]);
    db.exec("DROP TABLE needs");
    db.close();
    await outbox.remove("1");
    expect(await outbox.list("a")).toEqual([]);
  });

  test("a folder that cannot be made, and a queue of a newer Pipit, are STORAGE_UNREADABLE and left alone", async () => {
    await using home = await makeTempHome();
    await writeFile(join(home.path, "file"), "");
    await expect(openOutbox({ home: join(home.path, "file", "x"), logger })).rejects.toMatchObject({
      code: "STORAGE_UNREADABLE",
    });
    const db = new Database(join(home.path, "outbox.db"));
    db.pragma("user_version = 99");
    db.close();
    await expect(openOutbox({ home: home.path, logger })).rejects.toMatchObject({
      code: "STORAGE_UNREADABLE",
    });
    expect((await readdir(home.path)).some((name) => name.includes("damaged"))).toBe(false);
  });
});
