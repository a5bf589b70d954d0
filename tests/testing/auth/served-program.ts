import { postgresServerUrl, type TestDatabase } from "#server/testing/databases.ts";
import { createEmptyDatabase } from "#server/testing/postgres-databases.ts";
import { createCliHome, type CliResult } from "#tests/integration/cli-process.ts";
import { freePorts } from "#tests/integration/free-ports.ts";

/** `pipit serve` as operators start it, on a fresh database, under an issuer of its own. Disposing ends it. */
export interface ServedProgram extends AsyncDisposable {
  /** Its address and its issuer. */
  readonly url: string;
  /** Runs `pipit` beside it. */
  run(args: readonly string[], input?: string): Promise<CliResult>;
}

/** @example await using program = await startProgram("PostgreSQL"); */
export async function startProgram(database: TestDatabase["name"]): Promise<ServedProgram> {
  await using starting = new AsyncDisposableStack();
  const databaseUrl =
    database === "PostgreSQL" ? starting.use(await createEmptyDatabase(postgresServerUrl())).url : undefined;
  const home = starting.use(
    await createCliHome(databaseUrl === undefined ? {} : { PIPIT_DATABASE_URL: databaseUrl }),
  );
  const [port = 0] = await freePorts(1);
  const ports = ["--http", `127.0.0.1:${port}`, "--grpc", "127.0.0.1:0"];
  const server = home.start(["serve", ...ports]);
  starting.defer(async () => {
    // It passes the signal on to the server, which a kill would leave behind.
    server.child.kill("SIGTERM");
    await server.result;
  });
  await server.printed(/Pipit is ready/);
  const owned = starting.move();
  return {
    url: `http://127.0.0.1:${port}`,
    run: (args, input) => home.run(args, input === undefined ? {} : { input }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
