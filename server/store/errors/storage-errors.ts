import { dirname } from "node:path";
import type { ErrorCode } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { isFullDisk, systemCodeOf } from "#contract/system-error.ts";

/** What went wrong with a file or a database, by any report (SQLite result codes, errno names). */
type StorageFault = "full" | "corrupt" | "unreadable" | "busy";

const corruptCodes = /^(SQLITE_CORRUPT|SQLITE_NOTADB)/;
const busyCodes = /^(SQLITE_BUSY|SQLITE_LOCKED|SQLITE_PROTOCOL)/;
const unreadableCodes =
  /^(SQLITE_(CANTOPEN|READONLY|PERM|AUTH|IOERR|NOLFS)|EACCES|EPERM|EROFS|ENOTDIR|EISDIR|ENOENT|EIO|ELOOP|ENAMETOOLONG|EMFILE|ENFILE|EEXIST)/;

/** SQLite's, and PostgreSQL's SQLSTATE. */
const uniqueCodes = /^(SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)|23505)$/;

function faultOf(reason: unknown): StorageFault | undefined {
  const code = systemCodeOf(reason);
  if (isFullDisk(code)) return "full";
  if (corruptCodes.test(code)) return "corrupt";
  if (busyCodes.test(code)) return "busy";
  if (unreadableCodes.test(code)) return "unreadable";
  return undefined;
}

/** True when the database file itself is damaged or is no SQLite database. */
export function isCorruption(reason: unknown): boolean {
  return reason instanceof PipitError ? reason.code === "STORAGE_CORRUPT" : faultOf(reason) === "corrupt";
}

/** True when only the search index in the file is damaged, which is made anew from the turns. */
export function isIndexDamage(reason: unknown): boolean {
  const underlying = reason instanceof PipitError ? reason.cause : reason;
  return systemCodeOf(underlying) === "SQLITE_CORRUPT_VTAB";
}

/**
 * True when a row was refused because another one has the same key; on both databases, and whether or not the error
 * was already turned into ours.
 */
export function isUniqueViolation(reason: unknown): boolean {
  const underlying = reason instanceof PipitError ? reason.cause : reason;
  return uniqueCodes.test(systemCodeOf(underlying));
}

function describe(reason: unknown, file: string): string {
  return `${systemCodeOf(reason)} ${reason instanceof Error ? reason.message : String(reason)} (${file})`.trim();
}

type ErrorOfFault = Readonly<Record<StorageFault, readonly [code: ErrorCode, message: string]>>;

const runningErrors: ErrorOfFault = {
  full: [
    "STORAGE_FULL",
    "The server's disk is full, so nothing was saved. Free some space there and try again.",
  ],
  corrupt: [
    "STORAGE_CORRUPT",
    "The server's database is damaged. Restart the server: it keeps the damaged file aside and opens a fresh one.",
  ],
  busy: [
    "DATA_FOLDER_IN_USE",
    "Another program keeps the server's database locked. Stop that program and try again.",
  ],
  unreadable: [
    "STORAGE_UNREADABLE",
    "The server cannot read or write its data folder. Its log names the folder; check its owner and permissions.",
  ],
};

/**
 * A fault while the server works. The message may reach a stranger over the wire, so it names no path; `detail` does,
 * for the log.
 */
export function toRunningError(reason: unknown, file: string): PipitError {
  if (reason instanceof PipitError) return reason;
  const fault = faultOf(reason);
  // Of a full disk: see `createDiskWatch`.
  const options = { cause: reason, detail: describe(reason, file), told: fault === "full" };
  return fault === undefined ? PipitError.from(reason) : new PipitError(...runningErrors[fault], options);
}

/** A fault while the server starts: read by the person who runs it, so it names the path and the cure. */
export function toStartError(reason: unknown, file: string): PipitError {
  const underlying = reason instanceof PipitError && reason.cause !== undefined ? reason.cause : reason;
  const options = { cause: underlying, detail: describe(underlying, file) };
  const folder = dirname(file);
  const errors: ErrorOfFault = {
    full: [
      "STORAGE_FULL",
      `The disk that holds ${folder} is full. Free some space, or start with another --data folder.`,
    ],
    corrupt: [
      "STORAGE_CORRUPT",
      `The file ${file} is damaged. Move it away, or restore it from a backup, and start again.`,
    ],
    busy: [
      "DATA_FOLDER_IN_USE",
      `Another program keeps ${file} locked. Stop it, or start with another --data folder.`,
    ],
    unreadable: [
      "STORAGE_UNREADABLE",
      `Cannot read and write ${file} (${systemCodeOf(underlying)}). Make ${folder} and the files in it readable and ` +
        "writable for the user who runs the server, or start with another --data folder.",
    ],
  };
  const fault = faultOf(underlying);
  return fault === undefined ? PipitError.from(reason) : new PipitError(...errors[fault], options);
}
