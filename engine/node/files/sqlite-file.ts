import { open, rename } from "node:fs/promises";
import { setAside, storageError } from "./private-files.ts";
import { systemCodeOf } from "#contract/system-error.ts";

/** https://www.sqlite.org/fileformat.html §1.3.1 */
const FILE_HEADER = "SQLite format 3\0";

/**
 * SQLite gives its WAL the mode of the database, so making that first keeps all three files private. It also takes a
 * file too short for a header as an empty one and would write over it: such a file is damaged, not empty.
 */
export async function prepareFile(path: string): Promise<void> {
  await using file = await open(path, "a+", 0o600);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(FILE_HEADER.length), 0, FILE_HEADER.length, 0);
  if (bytesRead > 0 && buffer.toString("latin1") !== FILE_HEADER) throw damage("SQLITE_NOTADB");
}

/** The WAL may hold messages that the main file does not: the three files stay together. */
export async function setDatabaseAside(path: string): Promise<string> {
  const aside = await setAside(path, "damaged");
  for (const suffix of ["-wal", "-shm"]) {
    await rename(path + suffix, aside + suffix).catch((error: unknown) => {
      if (systemCodeOf(error) !== "ENOENT") throw storageError(error, path);
    });
  }
  return aside;
}

/** What SQLite would throw of such a file. */
export function damage(code: "SQLITE_NOTADB" | "SQLITE_CORRUPT"): Error {
  return Object.assign(new Error("the file is damaged"), { code });
}

/** Whether SQLite says that the file is none of its own, or broken. */
export function isDamage(error: unknown): boolean {
  const code = systemCodeOf(error);
  return code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT");
}
