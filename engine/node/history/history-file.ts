import { createHash } from "node:crypto";
import { constants, open, readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemCodeOf } from "#contract/system-error.ts";
import { parseJson } from "#contract/parse-json.ts";
import type { PipitError } from "#contract/pipit-error.ts";
import { jsonLine } from "#contract/terminal-text.ts";
import { ensurePrivateFolder, setAside, storageError } from "../files/private-files.ts";

/** A file that would become larger than this is set aside, and so is one whose first line is older. */
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_AGE_MS = 30 * 24 * 3_600_000;
/** Files of an account that are kept besides the one that is written. */
const KEPT_ASIDE = 12;
/** Room for lines that could not be written yet; those for which there is none are lost. */
const MAX_WAITING_CHARS = 16 * 1024 * 1024;
/** As much of a file as has the time of its first line. */
const FIRST_BYTES = 64;
const ASIDE = "until";

/** One question with its answer. */
export interface HistoryEntry {
  /** When it was answered, ISO 8601. */
  readonly at: string;
  readonly chat_id: string;
  readonly turn_id: string;
  readonly status: "done" | "stopped";
  readonly model?: string;
  readonly question: string;
  /** Names alone: of a picture there is nothing. */
  readonly files?: readonly string[];
  readonly answer: string;
}

export interface HistoryFileOptions {
  /** PIPIT_HOME. */
  readonly home: string;
  readonly nowMs: () => number;
  readonly maxBytes?: number;
}

/** `<home>/history/<account>.jsonl`: what was said, a line of JSON for each answer; 0600 in a folder of 0700. */
export type HistoryFile = ReturnType<typeof createHistoryFile>;

/** Opens nothing before the first line. */
export function createHistoryFile({ home, nowMs, maxBytes = MAX_BYTES }: HistoryFileOptions) {
  const folder = join(home, "history");
  /** By file: what could not be written, as over a full disk. */
  const waiting = new Map<string, string>();
  let isFailing = false;
  let last: Promise<unknown> = Promise.resolve();

  async function write(path: string, line: string): Promise<PipitError | undefined> {
    const lines = (waiting.get(path) ?? "") + line;
    try {
      await ensurePrivateFolder(folder);
      const full = await fullFile(path, Buffer.byteLength(lines), maxBytes, nowMs());
      if (full !== undefined) await rotate(path, full);
      await append(path, lines);
      waiting.delete(path);
      isFailing = false;
      return undefined;
    } catch (error) {
      if (lines.length <= MAX_WAITING_CHARS) waiting.set(path, lines);
      const isNews = !isFailing;
      isFailing = true;
      return isNews ? storageError(error, path) : undefined;
    }
  }
  return {
    /**
     * Adds an entry, after those that could not be written before. Never throws.
     *
     * @returns why it could not be written, once until writing works again
     */
    add(accountId: string, entry: HistoryEntry): Promise<PipitError | undefined> {
      const path = join(folder, `${fileNameOf(accountId)}.jsonl`);
      const written = last.then(() => write(path, jsonLine(entry)));
      last = written;
      return written;
    },
  };
}

/** Ids of our servers are UUIDs; one that is no name for a file, as a stranger's server may send it, becomes one. */
function fileNameOf(accountId: string): string {
  return /^[\w-]{1,64}$/.test(accountId) ? accountId : createHash("sha256").update(accountId).digest("hex");
}

/**
 * One write to the end of the file: lines of two programs do not mix, and a line goes where a rotation has moved the file.
 * Of what does not fit, a part may stay, as a line that is no JSON; the whole is written when there is room.
 */
async function append(path: string, lines: string): Promise<void> {
  await using file = await openOwn(path);
  const bytes = Buffer.from((await endsInLine(file)) ? lines : `\n${lines}`);
  const { bytesWritten } = await file.write(bytes);
  if (bytesWritten < bytes.length) throw Object.assign(new Error("cut off"), { code: "ENOSPC" });
}

type File = Awaited<ReturnType<typeof open>>;

/**
 * The file itself, which others cannot read: no link, since the lines are not meant for what it leads to, and no pipe or
 * device, which would keep the answer waiting.
 */
async function openOwn(path: string): Promise<File> {
  // Windows has neither of the last two.
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  await using opening = new AsyncDisposableStack();
  const file = opening.use(await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600));
  const info = await file.stat();
  if (!info.isFile()) throw Object.assign(new Error("no file"), { code: "EINVAL" });
  // As a backup that was put back may have left it.
  if ((info.mode & 0o077) !== 0) await file.chmod(0o600);
  opening.move();
  return file;
}

async function endsInLine(file: File): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() === "\n";
}

/** The file's number (inode) when it is to be set aside before more is written. */
async function fullFile(
  path: string,
  more: number,
  maxBytes: number,
  nowMs: number,
): Promise<number | undefined> {
  await using file = await openOwn(path);
  const { size, ino } = await file.stat();
  if (size === 0) return undefined;
  if (size + more > maxBytes) return ino;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(FIRST_BYTES), 0, FIRST_BYTES, 0);
  const [, at = ""] = /^\{"at":("[^"]*")/.exec(buffer.toString("utf8", 0, bytesRead)) ?? [];
  return nowMs - Date.parse(String(parseJson(at))) > MAX_AGE_MS ? ino : undefined;
}

/**
 * Another program may do the same at the same time: a file is moved, never over another one, and not the new one that it
 * has begun, for only so many are kept.
 */
async function rotate(path: string, full: number): Promise<void> {
  try {
    if ((await stat(path)).ino !== full) return;
    await setAside(path, ASIDE);
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT") throw error;
  }
  const folder = dirname(path);
  const aside = (await readdir(folder)).filter((name) => name.startsWith(`${basename(path)}.${ASIDE}-`));
  // Their names begin with the time.
  for (const name of aside.toSorted().slice(0, -KEPT_ASIDE)) await rm(join(folder, name), { force: true });
}
