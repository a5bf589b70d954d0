import { join } from "node:path";
import { expect, test } from "vitest";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { createEmptyDatabase, queryPostgres } from "#server/testing/postgres-databases.ts";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { openWire, type WireAnswer } from "#tests/testing/auth/keep-alive-wire.ts";
import { startServerProcess, type ServerProcess } from "#tests/testing/auth/server-process.ts";
import { buildEarlierRelease } from "#tests/testing/earlier-release.ts";
import { MASTER_KEY, PASSWORD } from "#tests/testing/two-servers.ts";
import { runCommand } from "#tools/test/command.ts";
import { postgresFolders, startPostgres } from "#tools/test/postgres-server.ts";
import { startRedis } from "#tools/test/redis-server.ts";
import { PROXY_NAME, startTeamProxy } from "#tools/test/team-proxy.ts";
import { freePorts } from "../free-ports.ts";
import { signIn } from "../start-test-server.ts";
import { connectToRoom, each, talk, type Fault } from "./room-talk.ts";
import { startTeamLoad } from "./team-load.ts";

const START_MS = 60_000;
const SENDS = 3_000;
/** Of each kind of thing that people do, in each state of the installation. */
const TIMES = 20;

interface Place {
  readonly ports: { readonly http: number; readonly grpc: number };
  server: ServerProcess;
}

/** One of PostgreSQL's own programs, as docs/operations/upgrading.md has it. */
async function run(name: string, ...args: readonly string[]): Promise<void> {
  const [folder = ""] = await postgresFolders();
  const { code, stderr } = await runCommand(join(folder, name), args, {}, AbortSignal.timeout(START_MS));
  if (code !== 0) throw new Error(`${name}: ${stderr}`);
}

test("[14] two servers of the release before are upgraded one by one under load, and rolled back: nobody notices but by asking again", async ({
  skip,
}) => {
  const release = await buildEarlierRelease();
  if (typeof release === "string") return skip(release);
  await using started = new AsyncDisposableStack();
  started.use(release);
  const signal = AbortSignal.timeout(START_MS);
  const postgres = started.use(await startPostgres(signal, { inMemory: true }));
  const database = started.use(await createEmptyDatabase(postgres.url));
  const redis = started.use(await startRedis(signal));
  const model = started.use(await startOpenAiDouble(stream(say("Hello."))));
  const [a = 0, b = 0, c = 0, d = 0] = await freePorts(4);
  const ports = [
    { http: a, grpc: b },
    { http: c, grpc: d },
  ];
  const at = (of: Place["ports"]) => ({ http: `127.0.0.1:${of.http}`, grpc: `127.0.0.1:${of.grpc}` });
  const proxy = started.use(await startTeamProxy("nginx", ports.map(at), signal));
  const env = {
    PIPIT_DATABASE_URL: database.url,
    PIPIT_REDIS_URL: redis.url,
    PIPIT_MASTER_KEY: MASTER_KEY,
    PIPIT_PUBLIC_URL: `https://localhost:${proxy.port}`,
    PIPIT_TRUSTED_PROXIES: "127.0.0.1",
    PIPIT_ROOM_MESSAGES_PER_MINUTE: "100000",
    PIPIT_MODEL_URL: model.url,
    PIPIT_MODEL: "double",
    PIPIT_TITLES: "0",
    PIPIT_MEMORIES: "0",
  };
  const before = release.server;
  const places: Place[] = [];
  for (const one of ports) {
    const place = { ports: one, server: await startServerProcess({ env, ports: one, entry: before }) };
    started.defer(() => place.server[Symbol.asyncDispose]());
    places.push(place);
  }
  const [first, second] = places;
  if (first === undefined || second === undefined) throw new Error("two servers");
  /** Another program in its place; absent: this version. */
  const replace = async (place: Place, entry?: string, url = database.url): Promise<void> => {
    const { home } = place.server;
    await place.server.stop();
    const options = { env: { ...env, PIPIT_DATABASE_URL: url }, home, ports: place.ports };
    place.server = await startServerProcess(entry === undefined ? options : { ...options, entry });
  };
  const { accessToken } = await signIn(first.server.url, join(first.server.home, "server"));
  for (const login of ["ann", "bob"]) {
    const registered = await fetch(`${first.server.url}/auth/register`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-forwarded-proto": "https" },
      body: JSON.stringify({ login, password: PASSWORD }),
    });
    expect(registered.status).toBe(200);
  }
  const schema = async (url = database.url) =>
    (await queryPostgres<{ name: string }>(url, "select name from kysely_migration order by name desc"))[0]
      ?.name;
  const old = await schema();

  using wire = openWire(1);
  const tokens = (place: Place, form: Readonly<Record<string, string>>) =>
    wire.post(
      `${place.server.url}/oauth/token`,
      { client_id: CLI_CLIENT_ID, ...form },
      { "x-forwarded-proto": "https" },
    );
  const refresh = (place: Place, { body }: WireAnswer) =>
    tokens(place, { grant_type: "refresh_token", refresh_token: String(body["refresh_token"]) });
  const signedIn = await tokens(first, { grant_type: "password", username: "bob", password: PASSWORD });
  const idle = await tokens(first, { grant_type: "password", username: "bob", password: PASSWORD });

  using clients = new DisposableStack();
  const room = Array.from({ length: 4 }, () =>
    clients.use(
      connectToRoom({
        targets: [`127.0.0.1:${proxy.port}`],
        accessToken,
        tls: { ca: proxy.ca, name: PROXY_NAME },
      }),
    ),
  );
  const load = await startTeamLoad(proxy, "ann");
  const backup = join(first.server.home, "before.dump");
  let running = Promise.resolve();
  const next = (step: () => Promise<void>) => () => (running = running.then(step));
  const steps: readonly Fault[] = [
    [0.1, next(() => load.each(TIMES))],
    [0.1, next(() => run("pg_dump", "--format=custom", `--file=${backup}`, database.url))],
    [0.3, next(() => replace(first))],
    [0.3, next(() => load.each(TIMES))],
    [0.6, next(() => replace(second))],
    [0.6, next(() => load.each(TIMES))],
  ];
  const size = { sends: SENDS, readers: 8, cuts: 0, senders: 16, everyMs: 10 };
  expect(await talk(room, size, steps)).toEqual(each(SENDS));
  await load.stop();
  expect(first.server.output()).toContain("store.migration_step");
  const now = await schema();
  expect(now).not.toBe(old);
  const renewed = await refresh(second, signedIn);
  expect(renewed.status).toBe(200);

  // What docs/operations/upgrading.md says of the way back.
  await first.server.stop();
  await second.server.stop();
  await expect(replace(second, before)).rejects.toThrow(/was written by a newer version/);
  expect(await schema()).toBe(now);
  const restored = started.use(await createEmptyDatabase(postgres.url));
  await run("pg_restore", "--no-owner", "--role", "pipit", "--dbname", restored.url, backup);
  for (const place of places) await replace(place, before, restored.url);
  expect(await schema(restored.url)).toBe(old);
  expect((await refresh(second, renewed)).body).toMatchObject({ error: "invalid_grant" });
  expect((await refresh(second, idle)).status).toBe(200);
  for (const login of ["ann", "bob"]) {
    const after = await startTeamLoad(proxy, login);
    await after.each(TIMES);
    await after.stop();
  }
  // And forward again, from there.
  await replace(first, undefined, restored.url);
  const last = await startTeamLoad(proxy, "bob");
  await last.each(TIMES);
  await last.stop();
  expect(await schema(restored.url)).toBe(now);
});
