import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { PipitError } from "#contract/pipit-error.ts";
import { jsonLine, visible } from "#contract/terminal-text.ts";
import { missingDatabase } from "../compose/admin-context.ts";
import type { ServerConfig } from "../config/config.ts";
import { systemClock } from "../domain/clock.ts";
import { openDataFolder } from "../lifecycle/data-folder.ts";
import { createLogger } from "../observe/logger.ts";
import { copyDatabase, type CopiedTable } from "../store/copy/copy-database.ts";
import { DATABASE_FILE, openDatabase, type DatabaseHandle } from "../store/open-database.ts";
import type { AdminDeps } from "./admin-deps.ts";
import { createProgressPrinter, tableText } from "./print.ts";

/** Digits of a hash on a screen; --json has all. */
const HASH_DIGITS = 16;
/** Rows with a replaced character that are named one by one. */
const MAX_NAMED_ROWS = 20;

/** One end of a copy: the folder of a SQLite database, or the address of a PostgreSQL one. */
type CopyEnd =
  | { readonly kind: "sqlite"; readonly dataDir: string }
  | { readonly kind: "postgres"; readonly databaseUrl: string };

/** `pipit admin db copy`: whole, or nothing at all. */
export async function copy(
  flags: { readonly from: string; readonly to: string; readonly json?: boolean },
  { io, config, signal }: AdminDeps,
): Promise<void> {
  const from = parseEnd("--from", flags.from, config);
  const to = parseEnd("--to", flags.to, config);
  if (from.kind === to.kind) {
    throw new PipitError("USAGE", "Copy from sqlite to postgres, or from postgres to sqlite.");
  }
  await using held = new AsyncDisposableStack();
  await requireSource(from);
  const isNew = !(await exists(to));
  // No server may write to a file that is copied, or start on one that is half there.
  for (const end of [from, to]) if (end.kind === "sqlite") held.use(await openDataFolder(end.dataDir));
  try {
    const copied = await copyBetween(from, to, { io, signal });
    io.stdout.write(flags.json === true ? copied.map(jsonLine).join("") : copiedText(copied));
    io.stderr.write(
      "Done. The new database works with the same master key only: give its servers the file master-key of the old " +
        "data folder, or PIPIT_MASTER_KEY.\n",
    );
  } catch (reason) {
    if (isNew && to.kind === "sqlite") await removeDatabase(to.dataDir);
    throw reason;
  }
}

async function copyBetween(
  from: CopyEnd,
  to: CopyEnd,
  { io, signal }: Pick<AdminDeps, "io" | "signal">,
): Promise<readonly CopiedTable[]> {
  await using source = await openEnd(from);
  const { pending } = await source.migrationState();
  if (pending.length > 0) {
    throw new PipitError(
      "CONFIG_INVALID",
      `The database ${source.place} is not up to date. Run "pipit admin db migrate" on it, and copy again.`,
    );
  }
  await using target = await openEnd(to);
  await target.migrate();
  using progress = createProgressPrinter(io.stderr);
  let named = 0;
  return await copyDatabase({
    from: source,
    to: target,
    signal,
    onProgress: ({ table, step, rows }) => progress.show(`${table}: rows ${step}`, rows),
    onReplaced(table, key) {
      if (++named <= MAX_NAMED_ROWS) {
        io.stderr.write(`${table}: a NUL character in the row ${visible(key)} became U+FFFD\n`);
      }
    },
  });
}

/** @throws PipitError USAGE naming the flag and what it may be */
function parseEnd(
  flag: string,
  text: string,
  config: Pick<ServerConfig, "dataDir" | "databaseUrl">,
): CopyEnd {
  if (text === "sqlite") return { kind: "sqlite", dataDir: config.dataDir };
  const folder = /^sqlite:(.+)$/.exec(text)?.[1];
  if (folder !== undefined) return { kind: "sqlite", dataDir: resolve(folder) };
  if (text !== "postgres") {
    // An address has a password in it, which every user of this machine could read.
    throw new PipitError(
      "USAGE",
      `${flag} must be sqlite, sqlite:DIR or postgres; the address of PostgreSQL comes from PIPIT_DATABASE_URL.`,
    );
  }
  if (config.databaseUrl !== undefined) return { kind: "postgres", databaseUrl: config.databaseUrl };
  throw new PipitError("USAGE", `${flag} postgres: set PIPIT_DATABASE_URL to the address of the database.`);
}

function openEnd(end: CopyEnd): Promise<DatabaseHandle> {
  const common = { clock: systemClock, logger: createLogger({ level: "warn" }) };
  return end.kind === "postgres"
    ? openDatabase({ ...common, databaseUrl: end.databaseUrl, unlimited: true })
    : openDatabase({ ...common, file: join(end.dataDir, DATABASE_FILE), keepDamaged: true });
}

/** Opening a SQLite database makes it. */
async function requireSource(from: CopyEnd): Promise<void> {
  if (from.kind === "postgres" || (await exists(from))) return;
  throw new PipitError(
    "CONFIG_INVALID",
    `There is no database ${join(from.dataDir, DATABASE_FILE)}. Name its folder with --data DIR or --from sqlite:DIR.`,
  );
}

async function exists(end: CopyEnd): Promise<boolean> {
  if (end.kind === "postgres") return true;
  return (await missingDatabase({ dataDir: end.dataDir })) === undefined;
}

async function removeDatabase(dataDir: string): Promise<void> {
  for (const suffix of ["", "-wal", "-shm"]) {
    await rm(join(dataDir, `${DATABASE_FILE}${suffix}`), { force: true });
  }
}

function copiedText(copied: readonly CopiedTable[]): string {
  const rows = copied.map(({ table, rows: count, hash, replaced }) => {
    const short = hash.slice(0, HASH_DIGITS);
    return [table, String(count), short, short, replaced === 0 ? "" : `${replaced} rows with U+FFFD for NUL`];
  });
  return tableText(["TABLE", "ROWS", "SHA-256 FROM", "SHA-256 TO", ""], rows);
}
