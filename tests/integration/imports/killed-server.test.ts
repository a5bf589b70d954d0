import { once } from "node:events";
import { mkdir, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { databases, sqlite } from "#server/testing/databases.ts";
import { fillDisk, mountSmallDisk } from "#server/testing/small-disk.ts";
import { chatGptConversation, exportOf } from "#tests/testing/foreign-exports.ts";
import { startImportProcess } from "./import-process.ts";

const CHATS = 200;
/** Holds some of them, by far not all. */
const ROOM_BYTES = 2 * 1024 * 1024;

describe.each(databases)("a server on $name", ({ name }) => {
  test("[24] that is killed in the middle of an import keeps whole chats, and the next import adds the rest", async () => {
    const file = exportOf(chatGptConversation, CHATS);
    await using ann = await startImportProcess(name);
    const answer = await ann.begin(file);
    answer.on("error", () => {});
    await once(answer, "data");
    await ann.server.kill();
    await using again = await ann.restart();
    const kept = await again.exportedChats();
    const report = (await again.importFile(file)).at(-1)?.["report"];
    expect(report).toMatchObject({
      chats: { made: CHATS - kept.length, extended: 0, unchanged: kept.length },
    });
    const all = await again.exportedChats();
    expect([all.length, new Set(all.map(({ messages }) => messages.length))]).toEqual([CHATS, new Set([8])]);
  });
});

test("[24] a disk that fills up while chats are stored is said to be full, no chat is half there, and the next import adds the rest", async ({
  skip,
}) => {
  const disk = await mountSmallDisk(32 * 1024 * 1024);
  if (disk === undefined) return skip("only root may mount a small disk");
  const home = join(disk, "home");
  await mkdir(home);
  const file = exportOf(chatGptConversation, CHATS);
  await using ann = await startImportProcess(sqlite.name, { home });
  // The file itself is on this disk until it is read.
  const filler = join(disk, "filler");
  await fillDisk(filler);
  await truncate(filler, (await stat(filler)).size - Buffer.byteLength(file) - ROOM_BYTES);
  const answer = await ann.begin(file);
  let told = "";
  for await (const piece of answer) told += String(piece);
  const last = JSON.parse(told.trim().split("\n").at(-1) ?? "") as Readonly<Record<string, unknown>>;
  expect(last).toMatchObject({ error: { code: "STORAGE_FULL", message: expect.stringContaining("full") } });
  expect(told).not.toContain(disk);
  const kept = await ann.exportedChats();
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThan(CHATS);
  for (const { messages } of kept) expect(messages).toHaveLength(8);
  await rm(filler);
  expect((await ann.importFile(file)).at(-1)).toMatchObject({
    report: { chats: { made: CHATS - kept.length, extended: 0, unchanged: kept.length } },
  });
});
