import { createHash, randomUUID } from "node:crypto";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client, type QueryResultRow } from "pg";
import { systemClock } from "#server/domain/clock.ts";
import { numbersAsNumbers } from "../store/postgres/open-postgres.ts";
import { openStore } from "../store/store.ts";
import { createRecordingLogger } from "./temporary-store.ts";

/** Number of the lock under which the template is made; any number that no other lock uses. */
const TEMPLATE_LOCK = 7_254_001;

/** Names of the templates by the server's address: to look one up takes longer than to copy it. */
const templates = new Map<string, Promise<string>>();

/**
 * Connections that wait for the next statement, by address, until their server or database goes away: to open one costs
 * more than most statements.
 */
const idle = new Map<string, Client>();

/** A database of its own on a test server; goes away with this. */
export interface TemporaryDatabase extends AsyncDisposable {
  readonly url: string;
}

/** Makes an empty database. `serverUrl` names a database in which to give the order. */
export async function createEmptyDatabase(serverUrl: string): Promise<TemporaryDatabase> {
  return createDatabase(serverUrl, "template1");
}

/** Makes a database with the current schema, as a copy of a template: 15 ms in memory, ten times that on a slow disk. */
export async function createMigratedDatabase(serverUrl: string): Promise<TemporaryDatabase> {
  let template = templates.get(serverUrl);
  if (template === undefined) {
    template = provideTemplate(serverUrl);
    templates.set(serverUrl, template);
    template.catch(() => templates.delete(serverUrl));
  }
  return createDatabase(serverUrl, await template);
}

/** Runs one statement on a connection that nothing else uses meanwhile; for what a test wants to see of the rows themselves. */
export async function queryPostgres<Row extends QueryResultRow>(
  url: string,
  text: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  const waiting = idle.get(url);
  idle.delete(url);
  const client = waiting ?? (await connect(url));
  try {
    const { rows } = await client.query<Row>(text, [...parameters]);
    if (idle.has(url)) await client.end();
    else idle.set(url, client);
    return rows;
  } catch (error) {
    await client.end();
    throw error;
  }
}

async function createDatabase(serverUrl: string, template: string): Promise<TemporaryDatabase> {
  const name = `pipit_test_${randomUUID().replaceAll("-", "")}`;
  await queryPostgres(serverUrl, `create database ${name} template ${template} strategy file_copy`);
  return {
    url: inDatabase(serverUrl, name),
    async [Symbol.asyncDispose]() {
      await queryPostgres(serverUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

/** The first test file that needs it makes it; all others on this server find it. */
async function provideTemplate(serverUrl: string): Promise<string> {
  const name = `pipit_template_${await fingerprint()}`;
  await withClient(serverUrl, async (client) => {
    const exists = async () =>
      (await client.query("select 1 from pg_database where datname = $1", [name])).rowCount === 1;
    if (await exists()) return;
    await client.query("select pg_advisory_lock($1)", [TEMPLATE_LOCK]);
    if (await exists()) return;
    // Under its name only when it is whole: a test that dies in between must leave no half template.
    const draft = `${name}_draft`;
    await client.query(`drop database if exists ${draft} with (force)`);
    await client.query(`create database ${draft} template template1`);
    const databaseUrl = inDatabase(serverUrl, draft);
    const store = await openStore({ databaseUrl, clock: systemClock, logger: createRecordingLogger() });
    await store[Symbol.asyncDispose]();
    await client.query(`alter database ${draft} rename to ${name}`);
  });
  return name;
}

/** Changes with everything that makes the schema, so that a server that lives long holds no stale template. */
async function fingerprint(): Promise<string> {
  const folder = join(import.meta.dirname, "..", "store");
  const paths: string[] = [];
  for await (const path of glob(["migrations/*.ts", "search/*turn-index.ts"], { cwd: folder }))
    paths.push(path);
  if (paths.length < 2) throw new Error(`The schema is not in ${folder} any more: name its new place here.`);
  const hash = createHash("sha256");
  for (const path of paths.toSorted()) hash.update(await readFile(join(folder, path)));
  return hash.digest("hex").slice(0, 16);
}

function inDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, types: numbersAsNumbers });
  client.on("error", () => undefined);
  client.once("end", () => {
    if (idle.get(url) === client) idle.delete(url);
  });
  await client.connect();
  return client;
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(url);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
