import { createLogger } from "../observe/logger.ts";
import { openConfiguredDatabase } from "../compose/admin-context.ts";
import { countRows } from "../store/copy/database-counts.ts";
import type { DatabaseHandle } from "../store/open-database.ts";
import { adminExit, type AdminDeps, type AdminGroup } from "./admin-deps.ts";
import { createCommandGroup } from "./command-group.ts";
import { copy } from "./db-copy.ts";
import { factsText, tableText } from "./print.ts";

/** `pipit admin db ...` */
export const db: AdminGroup = async (args, deps) => {
  const { commands, exitWith, run } = createCommandGroup("db", "the database of this server", deps);
  const withDatabase = (work: (database: DatabaseHandle) => Promise<number | void>): Promise<void> =>
    exitWith(async () => {
      await using database = await openConfiguredDatabase(deps.config, createLogger({ level: "warn" }));
      return await work(database);
    });
  commands
    .command("status")
    .description("where the database is, its schema, and how many rows it has; migrates nothing")
    .action(() => withDatabase((database) => status(database, deps)));
  commands
    .command("migrate")
    .description("bring the database to this version's schema, all of it or nothing")
    .action(() => withDatabase((database) => migrate(database, deps)));
  commands
    .command("copy")
    .description("copy everything into a new database of the other kind, and compare both")
    .requiredOption(
      "--from <database>",
      "sqlite (of the data folder), sqlite:DIR, or postgres (PIPIT_DATABASE_URL)",
    )
    .requiredOption("--to <database>", "as --from")
    .option("--json", "print JSON lines")
    .action((flags: { from: string; to: string; json?: boolean }) => exitWith(() => copy(flags, deps)));
  return run(args);
};

async function migrate(database: DatabaseHandle, { io }: AdminDeps): Promise<void> {
  const done = await database.migrate();
  if (done.length === 0) io.stdout.write(`${database.place} is up to date\n`);
  for (const name of done) io.stdout.write(`${name}: done\n`);
}

/** Fails while something is missing, for scripts that ask before they start a server. */
async function status(database: DatabaseHandle, { io, config }: AdminDeps): Promise<number> {
  const { done, pending } = await database.migrationState();
  const facts = [
    ["database", database.dialect === "postgres" ? "PostgreSQL" : "SQLite"],
    ["place", database.place],
    ["limits", config.redisUrl === undefined ? "in the database" : "in Redis"],
    ["schema", done.at(-1) ?? "none"],
    ["pending", pending.join(" ") || "-"],
  ] as const;
  io.stdout.write(factsText(facts));
  if (pending.length > 0) return adminExit.failed;
  const counts = await countRows(database);
  io.stdout.write(
    `\n${tableText(
      ["TABLE", "ROWS"],
      counts.map(({ table, rows }) => [table, String(rows)]),
    )}`,
  );
  return adminExit.done;
}
