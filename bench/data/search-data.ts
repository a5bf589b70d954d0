import { once } from "node:events";
import { createWriteStream, existsSync } from "node:fs";
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { systemClock } from "#server/domain/clock.ts";
import { openStore, type Store } from "#server/store/store.ts";

/** Two messages each. `PIPIT_BENCH_TURNS` makes them fewer. */
export const turns = Number(process.env["PIPIT_BENCH_TURNS"] ?? 500_000);
export const turnsPerChat = 50;
const words = 50_000;
const wordsPerMessage = 40;
const nothing = (): void => undefined;
export const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Where the data is kept from one benchmark to the next: to make it takes minutes. */
const folder = join(tmpdir(), `pipit-bench-search-${turns}`);
export const file = join(folder, "pipit.db");
/** The text alone, a message a line. */
export const texts = join(folder, "texts.txt");
/** There once all turns are; once the index is whole too. */
const filled = join(folder, "filled");
const whole = join(folder, "whole");

export function openFile(): Promise<Store> {
  return openStore({ file, clock: systemClock, logger: quiet });
}

export function isWhole(): boolean {
  return existsSync(whole);
}

export async function keepWhole(): Promise<void> {
  await writeFile(whole, "");
}

let state = 1;
/** A pseudo-random whole number below `below`; the same in every run. */
export function pick(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

const syllables = "ba ke li mo nu ra se ti vo zu da fe gi ho ju ka le mi no pu".split(" ");
function wordOf(rank: number): string {
  let left = rank + 20 ** 2;
  let word = "";
  for (; left > 0; left = Math.floor(left / 20)) word += syllables[left % 20];
  return word;
}

const vocabulary = Array.from({ length: words }, (_, rank) => wordOf(rank));

function swapped(word: string): string {
  return word.slice(0, 2) + word.charAt(3) + word.charAt(2) + word.slice(4);
}

/** Two characters of those that are used most. */
function han(): string {
  return String.fromCodePoint(0x4e00 + pick(400), 0x4e00 + pick(400));
}

function path(): string {
  return `src/${wordOf(pick(200))}/${wordOf(pick(200))}.ts`;
}

/** Few words are in most messages, most words in few; some have a path or a run of Chinese. */
function message(): string {
  const said = Array.from(
    { length: wordsPerMessage },
    () => vocabulary[Math.floor(words ** (pick(2 ** 20) / 2 ** 20)) - 1] ?? "",
  );
  if (pick(10) === 0) said[pick(said.length)] = path();
  if (pick(10) === 0) said[pick(said.length)] = Array.from({ length: 4 }, han).join("");
  return said.join(" ");
}

export interface QueryClass {
  readonly name: string;
  readonly query: () => string;
  readonly options?: { readonly role?: "user"; readonly afterMs?: number; readonly beforeMs?: number };
  readonly p50Ms?: number;
  readonly p95Ms: number;
}

/** What people look for, with the goals for a million messages. */
export const queries: readonly QueryClass[] = [
  { name: "common", query: () => wordOf(pick(5)), p50Ms: 12, p95Ms: 120 },
  { name: "two-common", query: () => `${wordOf(pick(5))} ${wordOf(5 + pick(20))}`, p95Ms: 120 },
  { name: "rare", query: () => wordOf(20_000 + pick(20_000)), p95Ms: 25 },
  { name: "two-rare", query: () => `${wordOf(2_000 + pick(500))} ${wordOf(2_500 + pick(500))}`, p95Ms: 25 },
  { name: "phrase", query: () => `"${wordOf(pick(5))} ${wordOf(50 + pick(50))}"`, p95Ms: 25 },
  { name: "cjk", query: han, p95Ms: 25 },
  { name: "path", query: path, p95Ms: 25 },
  {
    name: "filter",
    query: () => wordOf(500 + pick(500)),
    options: { role: "user", afterMs: (turns / 4) * 60_000, beforeMs: (turns / 2) * 60_000 },
    p95Ms: 25,
  },
  { name: "nothing", query: () => `qqq${pick(1000)}qqq`, p95Ms: 200 },
  { name: "typo", query: () => swapped(wordOf(1_000 + pick(20_000))), p95Ms: 200 },
];

/**
 * Turns of one person without an index, as an upgrade finds them; resolves to the bytes of their texts. What a benchmark
 * that was stopped has made stays, and so does what it has of the index.
 */
export async function fill(): Promise<number> {
  if (!existsSync(filled)) await make();
  await rm(whole, { force: true });
  return (await stat(texts)).size - 2 * turns;
}

async function make(): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await (await openFile())[Symbol.asyncDispose]();
  const database = new Database(file);
  database.pragma("synchronous = OFF");
  const lines = createWriteStream(texts);
  const chat = database.prepare(
    "insert into chats (id, user_id, title, created_at_ms, updated_at_ms, pinned, archived) values (?, 'u', ?, ?, ?, 0, 0)",
  );
  const turn =
    database.prepare(`insert into turns (id, chat_id, user_id, turn_index, user_text, had_image, assistant_text,
    status, input_tokens, output_tokens, owner_id, lease_until_ms, created_at_ms) values (?, ?, 'u', ?, ?, 0, ?, 'done', 0, 0, 'o', 0, ?)`);
  const entry = database.prepare("insert into turn_search_rows (turn_id, created_at_ms) values (?, ?)");
  for (let at = 0; at < turns; at += turnsPerChat) {
    database.transaction(() => {
      const chatId = `c${at}`;
      chat.run(chatId, message().slice(0, 60), at * 60_000, at * 60_000);
      for (let n = at; n < at + turnsPerChat; n++) {
        const [question, answer] = [message(), message()];
        turn.run(`t${n}`, chatId, n - at, question, answer, n * 60_000);
        entry.run(`t${n}`, n * 60_000);
        lines.write(`${question}\n${answer}\n`);
      }
    })();
    if (lines.writableNeedDrain) await once(lines, "drain");
  }
  database.exec("update turn_search_state set version = -1");
  database.close();
  await new Promise<void>((resolve) => lines.end(resolve));
  await writeFile(filled, "");
}
