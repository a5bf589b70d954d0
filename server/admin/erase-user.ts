import { join } from "node:path";
import { PipitError } from "#contract/pipit-error.ts";
import { visible } from "#contract/terminal-text.ts";
import { createWebSessions } from "#server/domain/accounts/web-sessions.ts";
import type { Account } from "#server/domain/accounts/ports.ts";
import { auditKeyOf } from "#server/domain/audit/audit-key.ts";
import { MemoryFolder } from "#server/domain/memory-files/memory-folder.ts";
import { createApiKeys } from "#server/domain/tokens/api-keys.ts";
import { accountExport } from "#server/http/auth/export.ts";
import { ADMIN_ACTOR, type AdminContext } from "../compose/admin-context.ts";
import { createLogger } from "../observe/logger.ts";
import { eraseRowsOf } from "../store/retention/erase-account.ts";
import { DATABASE_FILE } from "../store/open-database.ts";
import { databaseTime } from "../store/sql/database-time.ts";
import { copiesBeforeMigration } from "../store/sqlite/snapshot.ts";
import { openStore } from "../store/store.ts";
import type { AdminDeps } from "./admin-deps.ts";
import { createProgressPrinter } from "./print.ts";
import { confirm } from "./read-password.ts";
import { writeNew } from "./write-new.ts";

export interface EraseFlags {
  readonly export?: string;
  readonly withoutExport?: boolean;
  readonly yes?: boolean;
}

/** `pipit admin users erase`: exports an account, and removes it with everything of it. */
export async function eraseUser(
  context: AdminContext,
  account: Account,
  flags: EraseFlags,
  { io, signal }: Pick<AdminDeps, "io" | "signal">,
): Promise<string> {
  const { auth, accounts, clock, config, database, origin } = context;
  const { id, login } = account;
  if ((flags.export === undefined) === (flags.withoutExport !== true)) {
    throw new PipitError(
      "USAGE",
      "Say either --export FILE, for all that the account has, or --without-export.",
    );
  }
  if (account.local) {
    throw new PipitError(
      "INVALID_REQUEST",
      "The account of this computer cannot be erased alone: stop the server and remove its data folder.",
    );
  }
  if (flags.yes !== true) {
    await confirm(io, `This cannot be undone. Type the login ${visible(login)} to erase it: `, login);
  }
  if (flags.export !== undefined) {
    await exportTo(context, id, flags.export, signal);
    io.stderr.write(`Wrote all that ${visible(login)} has to ${flags.export}\n`);
  }
  if (account.active) await accounts.deactivate(id, { by: ADMIN_ACTOR }, origin);
  await auth.transaction((tx) => tx.roomMembers.removeAll(id));
  {
    using progress = createProgressPrinter(io.stderr);
    const time = databaseTime(database.dialect, clock);
    const onProgress = (table: string, rows: number): void => progress.show(`${table}: rows erased`, rows);
    await eraseRowsOf(database, id, { time, signal, onProgress });
  }
  await auth.transaction(async (tx) => {
    if (!(await tx.accounts.remove(id))) {
      throw new PipitError("INVALID_REQUEST", "The account was switched on meanwhile. Erase it again.");
    }
    await tx.audit.append({ event: "account.erased", outcome: "success", userId: id }, origin);
  });
  if (config.memoryDir !== undefined) await new MemoryFolder(config.memoryDir).removeUser(id);
  const isForgotten = await database.forget(true, signal);
  io.stderr.write(await whatIsLeft(database, isForgotten));
  return `Erased ${visible(login)}. The audit keeps the id ${id}, which stands nowhere else any more.\n`;
}

/** The same file as `GET /auth/export`. */
async function exportTo(context: AdminContext, id: string, file: string, signal: AbortSignal): Promise<void> {
  const { auth, clock, config, masterKey, sessions } = context;
  await using store = await openStore({
    ...(config.databaseUrl === undefined
      ? { file: join(config.dataDir, DATABASE_FILE), keepDamaged: true }
      : { databaseUrl: config.databaseUrl }),
    auditKey: auditKeyOf(masterKey),
    clock,
    logger: createLogger({ level: "warn" }),
  });
  const parts = {
    store,
    sessions,
    webSessions: createWebSessions(auth, clock),
    apiKeys: createApiKeys({ auth, clock }),
    clock,
  };
  const { pieces } = await accountExport(parts, id);
  await writeNew(file, pieces, signal);
}

async function whatIsLeft(
  { dialect, place }: AdminContext["database"],
  isForgotten: boolean,
): Promise<string> {
  if (dialect === "postgres")
    return "Until PostgreSQL has vacuumed them, old versions of the rows are in its files.\n";
  const left = isForgotten
    ? ""
    : "A running server reads the database at this moment: its log holds the old rows until the server's next sweep, within a minute.\n";
  const copies = await copiesBeforeMigration(place);
  return left + copies.map((copy) => `Still in the copy from before a migration: ${copy}\n`).join("");
}
