import { stat } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "kysely";
import { openDataFolder } from "../lifecycle/data-folder.ts";
import { createLogger } from "../observe/logger.ts";
import { openConfiguredDatabase, requireDatabase } from "../compose/admin-context.ts";
import { DATABASE_FILE } from "../store/open-database.ts";
import { dumpPostgres } from "../store/postgres/dump.ts";
import { vacuumFile, writeSnapshot } from "../store/sqlite/snapshot.ts";
import type { AdminDeps } from "./admin-deps.ts";

/** `pipit admin db backup FILE`: all of the database, beside running servers. */
export async function backup(file: string, { config, io, signal }: AdminDeps): Promise<string> {
  await requireDatabase(config);
  if (config.databaseUrl === undefined)
    await writeSnapshot(join(config.dataDir, DATABASE_FILE), file, signal);
  else await dumpPostgres(config.databaseUrl, file, signal);
  io.stderr.write(
    "It is of use with the same master key only. Keep that apart from it: together they are the right to sign tokens.\n",
  );
  return `Wrote ${file}: ${(await stat(file)).size} bytes\n`;
}

/** `pipit admin db vacuum`: gives the space of what was removed back. */
export async function vacuum({ config, io, signal }: AdminDeps): Promise<string> {
  if (config.databaseUrl !== undefined) {
    await using database = await openConfiguredDatabase(config, createLogger({ level: "warn" }));
    await sql`vacuum (analyze)`.execute(database.db);
    io.stderr.write(
      "PostgreSQL uses the space again by itself; only VACUUM FULL gives it back to the disk, and locks every table meanwhile.\n",
    );
    return `${database.place}: vacuumed and analysed\n`;
  }
  await requireDatabase(config);
  const file = join(config.dataDir, DATABASE_FILE);
  // Everyone else would wait for it, however long it takes.
  await using alone = new AsyncDisposableStack();
  alone.use(await openDataFolder(config.dataDir));
  const before = (await stat(file)).size;
  await vacuumFile(file, signal);
  return `${file}: ${before} bytes before, ${(await stat(file)).size} now\n`;
}
