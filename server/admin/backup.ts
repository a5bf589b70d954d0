import { randomBytes } from "node:crypto";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import { MASTER_KEY_FILE, NEXT_MASTER_KEY_FILE } from "#server/domain/master-key/master-key.ts";
import {
  ADMIN_ACTOR,
  openAdminContext,
  openConfiguredDatabase,
  type AdminContext,
} from "../compose/admin-context.ts";
import type { ServerConfig } from "../config/config.ts";
import { createLogger } from "../observe/logger.ts";
import { backupKind } from "../store/copy/backup-kind.ts";
import { countRows } from "../store/copy/copy-database.ts";
import { DATABASE_FILE } from "../store/open-database.ts";
import { runPostgresProgram } from "../store/postgres/dump.ts";
import { databaseTime } from "../store/sql/database-time.ts";
import { noteRestoreProven } from "../store/sql/milestone-store.ts";
import type { AdminDeps, AdminGroup } from "./admin-deps.ts";
import { createCommandGroup } from "./command-group.ts";
import { tableText } from "./print.ts";

const ANY_PORT = { host: "127.0.0.1", port: 0 };

/** `pipit admin backup ...` */
export const backup: AdminGroup = async (args, deps) => {
  const { add, run } = createCommandGroup("backup", "backups of the database", deps);
  add(
    "verify <file>",
    "restore a backup into a scratch place, and see that a server works with it",
    (context, file: string) => verify(context, file, deps),
  );
  return run(args);
};

/** Everything that is checked is checked on the copy; the database itself is only told that it went well. */
async function verify(context: AdminContext, file: string, { io, signal }: AdminDeps): Promise<string> {
  const say = (what: string): void => void io.stderr.write(`${what}\n`);
  await using scratch = await restore(context.config, file, signal);
  say("restored: the file is whole");
  {
    await using restored = await openConfiguredDatabase(scratch.config, createLogger({ level: "error" }));
    const steps = await restored.migrate({ withoutBackup: true });
    if (steps.length > 0) say(`brought to the schema of this version: ${steps.length} steps`);
  }
  const { counts, login, password } = await lookInto(scratch.config);
  say("audit: whole, and signed with this master key");
  signal.throwIfAborted();
  await signIn(scratch.config, { login, password });
  say("a server has started with it, opened its keys, and signed somebody in");
  await noteRestoreProven(context.database.db, databaseTime(context.database.dialect, context.clock));
  const rows = counts.map(({ table, rows: count }) => [table, String(count)]);
  return `${tableText(["TABLE", "ROWS"], rows)}The backup ${file} can be restored\n`;
}

interface Scratch extends AsyncDisposable {
  /** Of a server on the restored database, which reaches nothing outside. */
  readonly config: ServerConfig;
}

async function restore(config: ServerConfig, file: string, signal: AbortSignal): Promise<Scratch> {
  const kind = await backupKind(file);
  if (kind === undefined)
    throw new PipitError("INVALID_REQUEST", `${file} is no backup that "pipit admin db backup" has written.`);
  await using making = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "pipit-restore-"));
  making.defer(() => rm(dataDir, { recursive: true, force: true }));
  if (config.auth.masterKey === undefined) {
    // Where the key is being replaced, either may be that of the backup.
    const next = join(config.dataDir, NEXT_MASTER_KEY_FILE);
    await copyFile(next, join(dataDir, NEXT_MASTER_KEY_FILE)).catch((reason: NodeJS.ErrnoException) => {
      if (reason.code !== "ENOENT") throw reason;
    });
    await copyFile(join(config.dataDir, MASTER_KEY_FILE), join(dataDir, MASTER_KEY_FILE)).catch(
      (cause: unknown) => {
        throw new PipitError(
          "CONFIG_INVALID",
          `There is no master key in ${config.dataDir}. Set PIPIT_MASTER_KEY.`,
          {
            cause,
          },
        );
      },
    );
  }
  let databaseUrl: string | undefined;
  if (kind === "sqlite") await copyFile(file, join(dataDir, DATABASE_FILE));
  else databaseUrl = await restorePostgres(config, file, making, signal);
  const made = making.move();
  return {
    config: alone(config, dataDir, databaseUrl),
    [Symbol.asyncDispose]: () => made.disposeAsync(),
  };
}

/** The same secrets, and nothing that others would notice: no Redis, no model, no ports that are known. */
function alone(config: ServerConfig, dataDir: string, databaseUrl: string | undefined): ServerConfig {
  const { databaseUrl: _own, redisUrl: _redis, publicUrl: _public, ...rest } = config;
  const { url: _model, ...model } = config.model;
  return {
    ...rest,
    ...(databaseUrl !== undefined && { databaseUrl }),
    dataDir,
    memoryDir: undefined,
    http: ANY_PORT,
    grpc: ANY_PORT,
    tls: undefined,
    shutdownDelaySeconds: 0,
    semantic: undefined,
    model,
    auth: { ...config.auth, programsTakePasswords: true },
  };
}

/** Into a new database on the same PostgreSQL, whose user must be allowed to make one. */
async function restorePostgres(
  config: ServerConfig,
  file: string,
  owner: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<string> {
  if (config.databaseUrl === undefined) {
    throw new PipitError(
      "CONFIG_INVALID",
      "This is a backup of PostgreSQL: set PIPIT_DATABASE_URL to try it there.",
    );
  }
  const name = `pipit_restore_${randomBytes(6).toString("hex")}`;
  const live = owner.use(await openConfiguredDatabase(config, createLogger({ level: "error" })));
  await sql`create database ${sql.id(name)}`.execute(live.db).catch((cause: unknown) => {
    throw new PipitError(
      "CONFIG_INVALID",
      "No scratch database could be made beside the live one. Let its user make databases (ALTER USER ... CREATEDB).",
      { cause },
    );
  });
  owner.defer(async () => void (await sql`drop database ${sql.id(name)} with (force)`.execute(live.db)));
  const url = new URL(config.databaseUrl);
  url.pathname = `/${name}`;
  const args = ["--no-owner", "--no-privileges", "--exit-on-error", "--no-password", file];
  await runPostgresProgram("pg_restore", args, { databaseUrl: url.href, signal });
  return url.href;
}

/** Counts, verifies the audit, and makes somebody who can sign in. */
async function lookInto(config: ServerConfig) {
  await using context = await openAdminContext(config).catch((reason: unknown) => {
    throw ofAnotherKey(reason);
  });
  const { database, audit, accounts, origin } = context;
  if (database.dialect === "sqlite") {
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(database.db);
    if (rows[0]?.integrity_check !== "ok")
      throw damaged(`SQLite says: ${rows[0]?.integrity_check ?? "nothing"}`);
  }
  const counts = await countRows(database.db);
  const verdict = await audit.verify();
  const [problem] = verdict.problems;
  if (problem !== undefined) {
    throw damaged(
      `chain ${problem.chain} of the audit cannot be trusted (${problem.damage}). Is this the master key with which it was written?`,
    );
  }
  const login = `restore-${randomBytes(6).toString("hex")}`;
  // A letter of each kind, as the rules want it.
  const password = `${randomBytes(24).toString("base64url")}-aA1`;
  await accounts.create({ login, password, role: "user" }, { by: ADMIN_ACTOR }, origin);
  return { counts, login, password };
}

async function signIn(
  config: ServerConfig,
  { login, password }: { readonly login: string; readonly password: string },
): Promise<void> {
  const { startServer } = await import("../compose/start-server.ts");
  await using server = await startServer(config, { logger: createLogger({ level: "error" }) });
  const form = {
    grant_type: "password",
    client_id: "pipit-cli",
    username: login,
    password,
    scope: "openid api:read",
  };
  const answer = await fetch(`${server.httpUrl}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams(form),
  });
  const { access_token: token } = (await answer.json()) as { readonly access_token?: string };
  if (token === undefined) throw damaged(`nobody can sign in (${answer.status})`);
  const chats = await fetch(`${server.httpUrl}/v1/chats`, { headers: { authorization: `Bearer ${token}` } });
  if (chats.status !== 200) throw damaged(`chats cannot be read (${chats.status})`);
}

/** The live database was opened with the key that is given, so it is the backup that is older than this key. */
function ofAnotherKey(reason: unknown): unknown {
  const wantedId =
    reason instanceof PipitError && reason.code === "CONFIG_INVALID" ? reason.detail : undefined;
  if (wantedId === undefined) return reason;
  return new PipitError(
    "CONFIG_INVALID",
    `The backup is sealed with the master key of its time (${wantedId}), which is another one than that of the live database. Set ` +
      "PIPIT_MASTER_KEY_PREVIOUS to that one, and PIPIT_MASTER_KEY to the live one, and verify it again.",
    { cause: reason },
  );
}

function damaged(what: string): PipitError {
  return new PipitError("STORAGE_CORRUPT", `The backup is of no use: ${what}`);
}
