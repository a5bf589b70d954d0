import { countRows } from "../store/copy/copy-database.ts";
import type { DatabaseHandle } from "../store/open-database.ts";
import { adminExit, type AdminDeps, type AdminGroup } from "./admin-deps.ts";
import { createCommandGroup } from "./command-group.ts";
import { backup, vacuum } from "./db-backup.ts";
import { copy } from "./db-copy.ts";
import { openBare } from "./open-database.ts";
import { factsText, tableText } from "./print.ts";

/** `pipit admin db ...` */
export const db: AdminGroup = async (args, deps) => {
  const { addPlain, run } = createCommandGroup("db", "the database of this server", deps);
  addPlain(
    "status",
    "where the database is, its schema, and how many rows it has; migrates nothing",
    async () => {
      await using database = await openBare(deps, false);
      return await status(database, deps);
    },
  );
  addPlain(
    "migrate",
    "bring the database to this version's schema, all of it or nothing",
    async ({ withoutBackup = false }: { withoutBackup?: boolean }) => {
      await using database = await openBare(deps, true);
      const done = await database.migrate({ withoutBackup });
      if (done.length === 0) return `${database.place} is up to date\n`;
      return done.map((name) => `${name}: done\n`).join("");
    },
  ).option("--without-backup", "make no copy of a SQLite file before");
  addPlain(
    "copy",
    "copy everything into a new database of the other kind, and compare both",
    (flags: { from: string; to: string; json?: boolean }) => copy(flags, deps),
  )
    .requiredOption(
      "--from <database>",
      "sqlite (of the data folder), sqlite:DIR, or postgres (PIPIT_DATABASE_URL)",
    )
    .requiredOption("--to <database>", "as --from")
    .option("--json", "print JSON lines");
  addPlain("backup <file>", "write all of it to a new file, beside a running server", (file: string) =>
    backup(file, deps),
  );
  addPlain("vacuum", "give the space of what was removed back (SQLite: with the server stopped)", () =>
    vacuum(deps),
  );
  return run(args);
};

/** Fails while something is missing, or this program is too old, for scripts that ask before they start a server. */
async function status(database: DatabaseHandle, { io, config }: AdminDeps): Promise<number> {
  const { done, pending, newer } = await database.migrationState();
  const facts = [
    ["database", database.dialect === "postgres" ? "PostgreSQL" : "SQLite"],
    ["place", database.place],
    ["limits", config.redisUrl === undefined ? "in the database" : "in Redis"],
    ["schema", done.at(-1) ?? "none"],
    ["pending", pending.join(" ") || "-"],
    ["newer", newer.length === 0 ? "-" : `${newer.join(" ")}: update Pipit, it cannot use this database`],
  ] as const;
  io.stdout.write(factsText(facts));
  if (pending.length > 0 || newer.length > 0) return adminExit.failed;
  const counts = await countRows(database.db);
  io.stdout.write(
    `\n${tableText(
      ["TABLE", "ROWS"],
      counts.map(({ table, rows }) => [table, String(rows)]),
    )}`,
  );
  return adminExit.done;
}
