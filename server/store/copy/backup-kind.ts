import { open } from "node:fs/promises";
import { PipitError } from "#contract/pipit-error.ts";
import { SQLITE_MAGIC } from "../sqlite/open-sqlite.ts";

/** First bytes of what pg_dump writes with `--format=custom` (PostgreSQL, src/bin/pg_dump/pg_backup_archiver.h). */
const PG_DUMP_MAGIC = "PGDMP";

/**
 * Of which database `pipit admin db backup` has written this file, by its first bytes; undefined: it has not.
 *
 * @throws PipitError INVALID_REQUEST for a file that cannot be read
 */
export async function backupKind(file: string): Promise<"sqlite" | "postgres" | undefined> {
  await using handle = await open(file, "r").catch((cause: unknown) => {
    throw new PipitError("INVALID_REQUEST", `The file ${file} cannot be read. Name a backup.`, { cause });
  });
  const { buffer } = await handle.read(Buffer.alloc(SQLITE_MAGIC.length), 0, SQLITE_MAGIC.length, 0);
  const begin = buffer.toString("latin1");
  if (begin === SQLITE_MAGIC) return "sqlite";
  return begin.startsWith(PG_DUMP_MAGIC) ? "postgres" : undefined;
}
