import { chmod, chown, copyFile, glob, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { freePorts } from "#tests/integration/free-ports.ts";
import { runCommand } from "./command.ts";
import { makeMemoryFolder } from "./memory-folder.ts";
import { startService, type ServiceProcess } from "./service-process.ts";

/** Longest time until the server takes queries. */
const readyTimeoutMs = 60_000;
/** Debian's user "nobody": PostgreSQL refuses to run as root. */
const unprivilegedId = 65_534;
const maxConnections = 200;
/** Some dozen databases at once, a million rows in one of them, and the log. */
const neededBytes = 4 * 1024 ** 3;
/** A test server may lose everything in a power cut, and so needs not wait for the disk. */
const settings = [
  "fsync=off",
  "synchronous_commit=off",
  "full_page_writes=off",
  "autovacuum=off",
  "shared_buffers=64MB",
  `max_connections=${maxConnections}`,
  "listen_addresses=127.0.0.1",
];
/** With its data in memory, it keeps little else there. */
const settingsInMemory = ["wal_level=minimal", "max_wal_senders=0", "max_wal_size=128MB"];

/** A PostgreSQL of its own. Disposing stops it and removes its data. */
export interface PostgresServer extends AsyncDisposable {
  /** Of the database "postgres", as a user who may do everything; stays the same when the server starts again. */
  readonly url: string;
  /** Folder of its unix socket. */
  readonly socketFolder: string;
  readonly port: number;
  /** Ends it at once: clients are cut off, the data stay. Does nothing when it is not running. */
  stop(): Promise<void>;
  /** Starts it again, on the same port and data. */
  start(signal?: AbortSignal): Promise<void>;
}

export interface PostgresOptions {
  /**
   * Keeps the data in memory, where there is enough: a database per test is made ten times quicker there than on
   * some disks. Default false.
   */
  readonly inMemory?: boolean;
  /** Follows this one, which is not in memory, with all that it has; `select pg_promote()` makes it a server of its own. */
  readonly standbyOf?: PostgresServer;
  /** PEM files: it then also takes TLS connections. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

/** Folders of PostgreSQL's programs, newest version first: Debian does not put them on the PATH. */
export async function postgresFolders(): Promise<readonly string[]> {
  const folders: string[] = [];
  for await (const folder of glob("/usr/lib/postgresql/*/bin")) folders.push(folder);
  return folders.toSorted((a, b) => b.localeCompare(a, "en", { numeric: true }));
}

/**
 * Makes an empty cluster in a folder of its own and starts it on a free port of the loopback and on a unix socket;
 * about 1.5 s. Rejects with the program's own words when it does not start.
 *
 * @example await using postgres = await startPostgres(AbortSignal.timeout(30_000));
 */
export async function startPostgres(
  signal: AbortSignal,
  options: PostgresOptions = {},
): Promise<PostgresServer> {
  await using made = new AsyncDisposableStack();
  const prefix = "pipit-postgres-";
  const memoryFolder = options.inMemory === true ? await makeMemoryFolder(prefix, neededBytes) : undefined;
  const inMemory = memoryFolder !== undefined;
  const folder = memoryFolder ?? (await mkdtemp(join(tmpdir(), prefix)));
  made.defer(() => rm(folder, { recursive: true, force: true }));
  if (process.getuid?.() === 0) await chown(folder, unprivilegedId, unprivilegedId);
  const [programs = ""] = await postgresFolders();
  const data = join(folder, "data");
  const { standbyOf } = options;
  if (standbyOf === undefined) await initialize(join(programs, "initdb"), folder, data, signal);
  else await copyFrom(standbyOf, join(programs, "pg_basebackup"), data, signal);
  const tls = options.tls === undefined ? [] : await takeCertificate(folder, options.tls);
  const [port = 0] = await freePorts(1);
  const url = `postgres://pipit@127.0.0.1:${port}/postgres`;
  const args = [
    "-D",
    data,
    "-k",
    folder,
    "-p",
    String(port),
    ...[...settings, ...(inMemory ? settingsInMemory : []), ...tls].flatMap((one) => ["-c", one]),
  ];
  let service: ServiceProcess | undefined;
  const stop = async (): Promise<void> => {
    await service?.[Symbol.asyncDispose]();
    service = undefined;
  };
  made.defer(stop);
  const start = async (starting = AbortSignal.timeout(readyTimeoutMs)): Promise<void> => {
    if (service !== undefined) return;
    const [command, ...rest] = asUnprivileged(join(programs, "postgres"), args);
    // SIGINT is its "fast" end; SIGTERM would wait until the last client has gone.
    service = startService({
      name: "PostgreSQL",
      command,
      args: rest,
      env: {},
      cwd: folder,
      stopSignal: "SIGINT",
    });
    await service.until(() => answers(url), readyTimeoutMs, starting);
  };
  await start(signal);
  const owned = made.move();
  return { url, socketFolder: folder, port, stop, start, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function initialize(initdb: string, cwd: string, data: string, signal: AbortSignal): Promise<void> {
  const options = ["--no-sync", "--auth=trust", "--username=pipit", "--no-locale", "--encoding=UTF8"];
  const [command, ...rest] = asUnprivileged(initdb, [...options, "-D", data]);
  const result = await runCommand(command, rest, { cwd }, signal);
  if (result.code !== 0) throw new Error(`initdb failed (${result.code}): ${result.stdout}${result.stderr}`);
}

async function copyFrom(
  { port }: PostgresServer,
  program: string,
  data: string,
  signal: AbortSignal,
): Promise<void> {
  const from = ["--host=127.0.0.1", `--port=${port}`, "--username=pipit", "--checkpoint=fast", "--no-sync"];
  const [command, ...rest] = asUnprivileged(program, [...from, "--write-recovery-conf", `--pgdata=${data}`]);
  const result = await runCommand(command, rest, {}, signal);
  if (result.code !== 0) throw new Error(`pg_basebackup failed (${result.code}): ${result.stderr}`);
}

/** PostgreSQL takes only a key that is its own and that no other user may read. */
async function takeCertificate(
  folder: string,
  { certFile, keyFile }: NonNullable<PostgresOptions["tls"]>,
): Promise<readonly string[]> {
  const copies = { ssl_cert_file: join(folder, "server.crt"), ssl_key_file: join(folder, "server.key") };
  await copyFile(certFile, copies.ssl_cert_file);
  await copyFile(keyFile, copies.ssl_key_file);
  for (const file of Object.values(copies)) {
    await chmod(file, 0o600);
    if (process.getuid?.() === 0) await chown(file, unprivilegedId, unprivilegedId);
  }
  return ["ssl=on", ...Object.entries(copies).map(([name, file]) => `${name}=${file}`)];
}

/** As root, under another user; the server then also ends when this process is killed. */
function asUnprivileged(program: string, args: readonly string[]): [command: string, ...args: string[]] {
  if (process.getuid?.() !== 0) return [program, ...args];
  const id = String(unprivilegedId);
  const become = [`--reuid=${id}`, `--regid=${id}`, "--clear-groups", "--pdeathsig=INT"];
  return ["setpriv", ...become, program, ...args];
}

async function answers(url: string): Promise<true | undefined> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select 1");
    return true;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}
