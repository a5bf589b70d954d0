import { once } from "node:events";
import { postgresServerUrl, type Row, type TestDatabase } from "#server/store/testing/databases.ts";
import { createEmptyDatabase, queryPostgres } from "#server/store/testing/postgres-databases.ts";
import { createCliHome, type CliResult } from "../cli-process.ts";
import { freePorts } from "../free-ports.ts";

/** `pipit serve` as anybody starts it, on a fresh database, under an issuer of its own. Disposing ends it. */
export interface ServedProgram extends AsyncDisposable {
  /** Its address and its issuer. */
  readonly url: string;
  readonly home: string;
  /** Undefined on SQLite, which is in the home. */
  readonly databaseUrl: string | undefined;
  /** Runs `pipit` beside it. */
  run(args: readonly string[], input?: string): Promise<CliResult>;
  /** Ends it as an operator does; resolves to all that it has written. */
  stop(): Promise<CliResult>;
  /** Every row of every table, as text; PostgreSQL only. */
  dump(): Promise<string>;
}

/** @example await using program = await startProgram("PostgreSQL"); */
export async function startProgram(
  database: TestDatabase["name"],
  env: Readonly<Record<string, string>> = {},
): Promise<ServedProgram> {
  await using starting = new AsyncDisposableStack();
  const databaseUrl =
    database === "PostgreSQL" ? starting.use(await createEmptyDatabase(postgresServerUrl())).url : undefined;
  const home = starting.use(
    await createCliHome({
      ...(databaseUrl === undefined ? {} : { PIPIT_DATABASE_URL: databaseUrl }),
      ...env,
    }),
  );
  const [port = 0] = await freePorts(1);
  const ports = ["--http", `127.0.0.1:${port}`, "--grpc", "127.0.0.1:0", "--log-level", "debug"];
  const server = home.start(["serve", ...ports]);
  const stop = async (): Promise<CliResult> => {
    // It passes the signal on to the server, which a kill would leave behind.
    if (server.child.exitCode === null) {
      server.child.kill("SIGTERM");
      await once(server.child, "close");
    }
    return server.result;
  };
  starting.defer(async () => void (await stop()));
  await server.printed(/Pipit is ready/);
  const owned = starting.move();
  return {
    url: `http://127.0.0.1:${port}`,
    home: home.home,
    databaseUrl,
    run: (args, input) => home.run(args, input === undefined ? {} : { input }),
    stop,
    async dump() {
      if (databaseUrl === undefined) throw new Error("SQLite is read as a file");
      return dumpPostgres(databaseUrl);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function dumpPostgres(url: string): Promise<string> {
  const tables = await queryPostgres<Row>(
    url,
    "select tablename from pg_tables where schemaname = 'public' order by tablename",
  );
  const pieces: string[] = [];
  for (const { tablename } of tables) {
    const rows = await queryPostgres<Row>(url, `select t::text as row from "${String(tablename)}" t`);
    pieces.push(...rows.map(({ row }) => String(row)));
  }
  return pieces.join("\n");
}
