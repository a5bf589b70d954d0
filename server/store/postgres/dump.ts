import { spawn } from "node:child_process";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { randomUUID } from "node:crypto";
import { PipitError } from "#contract/pipit-error.ts";
import { isFullDisk, systemCodeOf } from "#contract/system-error.ts";
import { putNew } from "#server/domain/secrets/put-new.ts";
import { parseDatabaseUrl } from "./database-url.ts";

const noSpace = /No space left on device/;
/** What a program of PostgreSQL says when it fails. */
const MAX_WORDS = 2_000;

/**
 * The address of a database for PostgreSQL's own programs, with its password in a file beside: in their arguments every user
 * of the machine could read it.
 */
async function openAddress(
  databaseUrl: string,
): Promise<AsyncDisposable & { readonly args: readonly string[] }> {
  const { password } = parseDatabaseUrl(databaseUrl);
  const url = new URL(databaseUrl);
  url.password = "";
  if (password === undefined) return { args: ["--dbname", url.href], async [Symbol.asyncDispose]() {} };
  const folder = await mkdtemp(join(tmpdir(), "pipit-postgres-"));
  const passfile = join(folder, "passfile");
  // https://www.postgresql.org/docs/current/libpq-pgpass.html
  await writeFile(passfile, `*:*:*:*:${password.replaceAll(/[\\:]/g, "\\$&")}\n`, { mode: 0o600 });
  url.searchParams.set("passfile", passfile);
  return {
    args: ["--dbname", url.href],
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

interface PostgresRun {
  readonly databaseUrl?: string;
  readonly output?: number;
  readonly signal: AbortSignal;
}

/** Runs a program of PostgreSQL. Rejects with what it has said. */
export async function runPostgresProgram(
  program: "pg_dump" | "pg_restore",
  args: readonly string[],
  { databaseUrl, output, signal }: PostgresRun,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  await using address = databaseUrl === undefined ? undefined : await openAddress(databaseUrl);
  const child = spawn(program, [...(address?.args ?? []), ...args], {
    stdio: ["ignore", output ?? "ignore", "pipe"],
    signal,
  });
  let words = "";
  child.stderr?.on("data", (chunk: Buffer) => (words = (words + String(chunk)).slice(-MAX_WORDS)));
  child.once("error", reject);
  child.once("close", (code) => {
    if (code === 0) resolve();
    else reject(new PipitError("DATABASE_UNREACHABLE", `${program} has failed. It says: ${words.trim()}`));
  });
  try {
    await promise;
  } catch (reason) {
    signal.throwIfAborted();
    if (systemCodeOf(reason) !== "ENOENT") throw reason;
    throw new PipitError(
      "CONFIG_INVALID",
      `There is no ${program} on this machine. Install PostgreSQL's client programs (Debian: apt-get install postgresql-client).`,
      { cause: reason },
    );
  }
}

/**
 * Writes all of a database as it is at this moment to `target`, in pg_dump's custom format: a file of mode 0600, whole or not
 * at all, read back once. Never over a file that is there.
 */
export async function dumpPostgres(databaseUrl: string, target: string, signal: AbortSignal): Promise<void> {
  const draft = `${target}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    const handle = await open(draft, "wx", 0o600);
    try {
      const args = ["--format=custom", "--no-password"];
      await runPostgresProgram("pg_dump", args, { databaseUrl, output: handle.fd, signal });
      await handle.sync();
    } finally {
      await handle.close();
    }
    await runPostgresProgram("pg_restore", ["--list", draft], { signal });
    await putNew(draft, target);
    const folder = await open(dirname(target), "r");
    await folder.sync().finally(() => folder.close());
  } catch (reason) {
    throw toFileError(reason, target);
  } finally {
    await rm(draft, { force: true });
  }
}

function toFileError(reason: unknown, target: string): unknown {
  const code = systemCodeOf(reason);
  // It is pg_dump that writes, and it says so in the words of the system.
  const isFull = isFullDisk(code) || (reason instanceof PipitError && noSpace.test(reason.message));
  if (isFull) {
    return new PipitError(
      "STORAGE_FULL",
      `There is no space left for ${target}, so nothing was kept of it. Free some, or name another place.`,
      { cause: reason },
    );
  }
  if (reason instanceof PipitError || !/^E[A-Z]+$/.test(code)) return reason;
  if (code === "EEXIST") {
    return new PipitError("INVALID_REQUEST", `There is a file ${target} already. Name a new one.`, {
      cause: reason,
    });
  }
  return new PipitError("STORAGE_UNREADABLE", `${target} cannot be written (${code}). Name another place.`, {
    cause: reason,
  });
}
