import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMigratedDatabase } from "#server/testing/postgres-databases.ts";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble, type OpenAiDouble } from "#tests/doubles/openai-server.ts";
import { startServerProcess, type ServerProcess } from "#tests/testing/auth/server-process.ts";
import { sized } from "#tests/testing/test-size.ts";
import { MASTER_KEY, PASSWORD } from "#tests/testing/two-servers.ts";
import { PROXY_NAME, startTeamProxy, type TeamProxy } from "#tools/test/team-proxy.ts";
import { startPostgres, type PostgresServer } from "#tools/test/postgres-server.ts";
import { startRedis, type RedisServer } from "#tools/test/redis-server.ts";
import { createCliHome } from "../cli-process.ts";
import { freePorts } from "../free-ports.ts";
import { signIn } from "../start-test-server.ts";
import { connectToRoom, each, talk, type Fault } from "./room-talk.ts";

const START_MS = 60_000;
/** A hundred a second, by more than wait for their answers at a time. */
const pace = { senders: 16, everyMs: 10 };

interface Place {
  readonly ports: { readonly http: number; readonly grpc: number };
  server: ServerProcess;
}

/** Two servers of one installation, behind one proxy, each of which comes back where it was. */
const places: Place[] = [];
let env: Readonly<Record<string, string>>;
let postgres: PostgresServer;
let proxy: TeamProxy;
let model: OpenAiDouble;
const started = new AsyncDisposableStack();
beforeAll(async () => {
  const signal = AbortSignal.timeout(START_MS);
  postgres = started.use(await startPostgres(signal, { inMemory: true }));
  const database = started.use(await createMigratedDatabase(postgres.url));
  const redis: RedisServer = started.use(await startRedis(signal));
  model = started.use(await startOpenAiDouble(stream(say("Hello."))));
  const [a = 0, b = 0, c = 0, d = 0] = await freePorts(4);
  const ports = [
    { http: a, grpc: b },
    { http: c, grpc: d },
  ];
  const at = (of: Place["ports"]) => ({ http: `127.0.0.1:${of.http}`, grpc: `127.0.0.1:${of.grpc}` });
  proxy = started.use(await startTeamProxy("nginx", ports.map(at), signal));
  env = {
    PIPIT_DATABASE_URL: database.url,
    PIPIT_REDIS_URL: redis.url,
    PIPIT_MASTER_KEY: MASTER_KEY,
    // Clients are told nothing else: it leads to gRPC, too.
    PIPIT_PUBLIC_URL: `https://localhost:${proxy.port}`,
    PIPIT_TRUSTED_PROXIES: "127.0.0.1",
    PIPIT_ROOM_MESSAGES_PER_MINUTE: "100000",
    PIPIT_MODEL_URL: model.url,
    PIPIT_MODEL: "double",
    PIPIT_TITLES: "0",
    PIPIT_MEMORIES: "0",
  };
  for (const one of ports) {
    const place = { ports: one, server: await startServerProcess({ env, ports: one }) };
    started.defer(() => place.server[Symbol.asyncDispose]());
    places.push(place);
  }
});
afterAll(() => started.disposeAsync());

/** Ends a server, and has it come back. */
async function restart(place: Place, how: "stop" | "kill"): Promise<void> {
  const { home } = place.server;
  await place.server[how]();
  place.server = await startServerProcess({ env, home, ports: place.ports });
}

async function restartDatabase(): Promise<void> {
  await postgres.stop();
  await postgres.start();
}

test("[14] behind nginx, of two servers one is killed and both are restarted, and their database: each message once and in order, to all", async () => {
  const [first, second] = places;
  if (first === undefined || second === undefined) throw new Error("two servers");
  const { accessToken } = await signIn(first.server.url, join(first.server.home, "server"));
  const targets = [`127.0.0.1:${proxy.port}`];
  using stack = new DisposableStack();
  const clients = Array.from({ length: 4 }, () =>
    stack.use(connectToRoom({ targets, accessToken, tls: { ca: proxy.ca, name: PROXY_NAME } })),
  );
  const size = { sends: sized(600, 6_000), readers: sized(4, 20), cuts: 0, ...pace };
  let running = Promise.resolve();
  const next = (fault: () => Promise<void>) => () => (running = running.then(fault));
  const faults: readonly Fault[] = [
    [0.1, next(() => restart(first, "kill"))],
    [0.3, next(() => restart(first, "stop"))],
    [0.5, next(() => restart(second, "stop"))],
    // As one: while it is away nobody's message is taken, so no share of them is reached.
    [0.7, next(restartDatabase)],
  ];
  expect(await talk(clients, size, faults)).toEqual(each(size.sends));
});

test("[14] an answer that is written while servers restart ends well; one that takes longer is asked for again, and shown once", async () => {
  await using pipit = await createCliHome({
    PIPIT_SERVER_URL: `https://localhost:${proxy.port}`,
    PIPIT_CA_FILE: proxy.caFile,
  });
  const register = ["auth", "register", "--username", "ann", "--display-name", "Ann", "--password-stdin"];
  expect(await pipit.run(register, { input: `${PASSWORD}\n` })).toMatchObject({ code: 0 });
  const asked = model.requests.length;
  const short = gate();
  model.script(stream(say("The answer "), short.step, say("is whole.")));
  const first = pipit.start(["chat", "--once", "Is it?", "--no-audio"]);
  await first.printed(/The answer /);
  const stopping = places.map((place) => restart(place, "stop"));
  await expect
    .poll(() => places.every(({ server }) => server.output().includes("server.stopping")))
    .toBe(true);
  short.open();
  expect(await first.result).toMatchObject({ code: 0, stdout: "The answer is whole.\n" });
  await Promise.all(stopping);
  expect(model.requests.length).toBe(asked + 1);
  const long = gate();
  model.script(stream(say("The answer "), long.step, say("is lost.")));
  const second = pipit.start(["chat", "--once", "And now?", "--no-audio"]);
  await second.printed(/The answer /);
  model.script(stream(say("The answer ", "is here.")));
  for (const place of places) await restart(place, "stop");
  expect(await second.result).toMatchObject({ code: 0, stdout: "The answer is here.\n" });
  expect(model.requests.length).toBe(asked + 3);
});
