import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
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

describe("a fault", () => {
  test("kill -9 loses nothing that was taken", async () => {
    await using home = await makeTempHome();
    const program = `
      import { openOutbox } from ${JSON.stringify(new URL("sqlite-outbox.ts", import.meta.url).href)};
      const nothing = () => undefined;
      const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
      const outbox = await openOutbox({ home: process.argv[1], logger });
      for (let index = 0; ; index += 1) {
        await outbox.add({ clientMessageId: String(index), accountId: "a", chatKey: "c", text: "t", speak: true, createdAtMs: index, attempts: 0 });
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
    const image = { bytes: new Uint8Array(128 * 1024), widthPx: 1, heightPx: 1 };
    await expect(outbox.add(row("2", { image }))).rejects.toMatchObject({
      code: "STORAGE_FULL",
      retryable: true,
    });
    await outbox.add(row("3"));
    expect((await outbox.list("a")).map((each) => each.clientMessageId)).toEqual(["1", "3"]);
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
