import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { postgresServerUrl, type TestDatabase } from "#server/testing/databases.ts";
import { createEmptyDatabase } from "#server/testing/postgres-databases.ts";
import { startServerProcess, type ServerProcess } from "#tests/testing/auth/server-process.ts";

const PASSWORD = "Correct-horse-1";
const MASTER_KEY = Buffer.alloc(32, 7).toString("base64");

/** A server that is a process of its own, with one account, into which files are imported; it can be started again. */
export interface ImportProcess extends AsyncDisposable {
  readonly server: ServerProcess;
  /** Starts another one on the same data; this one has ended by then. */
  restart(): Promise<ImportProcess>;
  begin(file: string): Promise<IncomingMessage>;
  /** Resolves to the lines of the answer. */
  importFile(file: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  exportedChats(): Promise<readonly { readonly messages: readonly unknown[] }[]>;
}

/** @param home its data folder; a fresh one otherwise */
export async function startImportProcess(
  database: TestDatabase["name"],
  { home }: { readonly home?: string } = {},
): Promise<ImportProcess> {
  await using starting = new AsyncDisposableStack();
  const databaseUrl =
    database === "PostgreSQL" ? starting.use(await createEmptyDatabase(postgresServerUrl())).url : undefined;
  const env = {
    PIPIT_MASTER_KEY: MASTER_KEY,
    ...(databaseUrl !== undefined && { PIPIT_DATABASE_URL: databaseUrl }),
  };
  const server = starting.use(await startServerProcess({ env, ...(home !== undefined && { home }) }));
  await fetch(`${server.url}/auth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login: "ann", password: PASSWORD }),
  });
  const wire = await openWire(server);
  const owned = starting.move();
  return {
    server,
    ...wire,
    async restart() {
      const again = owned.use(await startServerProcess({ env, home: server.home }));
      const next = await openWire(again);
      return { ...this, server: again, ...next, [Symbol.asyncDispose]: async () => {} };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function openWire({ url }: ServerProcess) {
  const body = new URLSearchParams({
    grant_type: "password",
    client_id: CLI_CLIENT_ID,
    username: "ann",
    password: PASSWORD,
  });
  const signedIn = await fetch(`${url}/oauth/token`, { method: "POST", body });
  const { access_token: token } = (await signedIn.json()) as { readonly access_token: string };
  const authorization = `Bearer ${token}`;
  const begin = async (file: string): Promise<IncomingMessage> => {
    const asked = request(new URL("/v1/chats/import", url), { method: "POST", headers: { authorization } });
    asked.end(file);
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    return answer;
  };
  return {
    begin,
    async importFile(file: string) {
      const lines = (await text(await begin(file))).trim().split("\n");
      return lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    },
    async exportedChats() {
      const got = await fetch(`${url}/v1/chats/export`, { headers: { authorization } });
      return ((await got.json()) as { readonly chats: readonly { readonly messages: readonly unknown[] }[] })
        .chats;
    },
  };
}
