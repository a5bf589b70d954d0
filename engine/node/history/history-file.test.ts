import { execFileSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rm, rmdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { makeTempHome } from "../testing/temp-home.ts";
import { createHistoryFile, type HistoryEntry } from "./history-file.ts";

const DAY_MS = 24 * 3_600_000;
const begunMs = Date.UTC(2026, 0, 1);
const entry = (turn: string, nowMs = begunMs): HistoryEntry => ({
  at: new Date(nowMs).toISOString(),
  chat_id: "chat",
  turn_id: turn,
  status: "done",
  question: `${turn}?`,
  answer: "\u001B]0;owned\u0007 line\nline\u202E",
});

async function lines(folder: string): Promise<readonly HistoryEntry[]> {
  const names = (await readdir(folder)).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.flatMap((text) => text.split("\n").filter((line) => line !== "")).map(read);
}
const read = (line: string) => JSON.parse(line) as HistoryEntry;
const turns = async (folder: string) => (await lines(folder)).map(({ turn_id }) => turn_id).toSorted();

test("each account has a file of its own, private, whose lines a terminal may show", async () => {
  await using home = await makeTempHome();
  const file = createHistoryFile({ home: home.path, nowMs: () => begunMs });
  const folder = join(home.path, "history");
  expect(await file.add("ann", entry("one"))).toBeUndefined();
  await file.add("../../elsewhere", entry("two"));
  expect((await readdir(folder)).toSorted()).toEqual([
    "ann.jsonl",
    expect.stringMatching(/^d801[\da-f]{60}\.jsonl$/),
  ]);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, "ann.jsonl"))).mode & 0o777).toBe(0o600);
  const text = await readFile(join(folder, "ann.jsonl"), "utf8");
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
  expect(read(text)).toEqual(entry("one"));
});

test("a file is set aside by size and by age, the oldest are removed, and none is written over", async () => {
  await using home = await makeTempHome();
  let nowMs = begunMs;
  const folder = join(home.path, "history");
  const file = createHistoryFile({ home: home.path, nowMs: () => nowMs, maxBytes: 400 });
  for (const turn of ["a", "b", "c"]) await file.add("ann", entry(turn, nowMs));
  expect([(await readdir(folder)).length, await turns(folder)]).toEqual([2, ["a", "b", "c"]]);
  await file.add("ann", entry("d", nowMs));
  nowMs += 31 * DAY_MS;
  await file.add("ann", entry("later", nowMs));
  expect(read(await readFile(join(folder, "ann.jsonl"), "utf8")).turn_id).toBe("later");
  for (let index = 0; index < 40; index++) await file.add("ann", entry(`x${index}`, nowMs));
  expect(await readdir(folder)).toHaveLength(13);
  expect(await turns(folder)).toContain("x39");
});

test("two programs that write and set aside at once lose and mix nothing", async () => {
  await using home = await makeTempHome();
  const open = () => createHistoryFile({ home: home.path, nowMs: () => begunMs, maxBytes: 1_500 });
  const [desktop, terminal] = [open(), open()];
  const expected: string[] = [];
  const writing: Promise<unknown>[] = [];
  for (let index = 0; index < 30; index++) {
    expected.push(`d${index}`, `t${index}`);
    writing.push(desktop.add("ann", entry(`d${index}`)), terminal.add("ann", entry(`t${index}`)));
  }
  await Promise.all(writing);
  const folder = join(home.path, "history");
  expect(await turns(folder)).toEqual(expected.toSorted());
  const files = (await readdir(folder)).map((name) => stat(join(folder, name)));
  const sizes = (await Promise.all(files)).map(({ size }) => size);
  // As few as hold them: only so many are kept. A line of the other program may come between a look at the size and a write.
  expect([5, 6]).toContain(sizes.length);
  expect(Math.max(...sizes)).toBeLessThan(1_500 + 200);
});

test("a folder that cannot be written is told once, and no line is lost", async () => {
  await using home = await makeTempHome();
  const folder = join(home.path, "history");
  // A folder in the place of the file: root may write to everything else.
  await mkdir(join(folder, "ann.jsonl"), { recursive: true });
  const file = createHistoryFile({ home: home.path, nowMs: () => begunMs });
  expect(await file.add("ann", entry("one"))).toMatchObject({ code: "STORAGE_UNREADABLE" });
  expect(await file.add("ann", entry("two"))).toBeUndefined();
  await rmdir(join(folder, "ann.jsonl"));
  // As much of a line as a full disk took.
  await writeFile(join(folder, "ann.jsonl"), '{"at":"2026-01-01T00:00:00.000Z","chat');
  expect(await file.add("ann", entry("three"))).toBeUndefined();
  const [torn, ...whole] = (await readFile(join(folder, "ann.jsonl"), "utf8")).trimEnd().split("\n");
  expect([torn, whole.map((line) => read(line).turn_id)]).toEqual([
    expect.stringMatching(/chat$/),
    ["one", "two", "three"],
  ]);
});

test("no line is lost that comes while another is written, nor one that is larger than what may wait", async () => {
  await using home = await makeTempHome();
  const file = createHistoryFile({ home: home.path, nowMs: () => begunMs });
  const writing: Promise<unknown>[] = [];
  const expected: string[] = [];
  for (let index = 0; index < 100; index++) {
    expected.push(`t${index}`);
    writing.push(file.add("ann", entry(`t${index}`)));
    // Several of these are within a write.
    await nextTurn();
  }
  await Promise.all(writing);
  expect(await turns(join(home.path, "history"))).toEqual(expected.toSorted());
  const answer = "x".repeat(17_000_000);
  expect(await file.add("bob", { ...entry("large"), answer })).toBeUndefined();
  const [large = ""] = (await readFile(join(home.path, "history/bob.jsonl"), "utf8")).split("\n");
  expect(read(large).answer).toBe(answer);
});

test("a link or a pipe in the place of the file takes no line and holds nothing up; what others may read is closed", async () => {
  await using home = await makeTempHome();
  const folder = join(home.path, "history");
  await mkdir(folder);
  const [path, elsewhere] = [join(folder, "ann.jsonl"), join(home.path, "elsewhere")];
  await writeFile(elsewhere, "");
  await symlink(elsewhere, path);
  const file = createHistoryFile({ home: home.path, nowMs: () => begunMs });
  expect(await file.add("ann", entry("one"))).toMatchObject({ code: "STORAGE_UNREADABLE" });
  expect(await readFile(elsewhere, "utf8")).toBe("");
  await rm(path);
  execFileSync("mkfifo", [path]);
  expect(await file.add("ann", entry("two"))).toBeUndefined();
  await rm(path);
  await writeFile(path, "");
  await chmod(path, 0o644);
  await file.add("ann", entry("three"));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await turns(folder)).toEqual(["one", "three", "two"]);
});
