import { Client } from "pg";
import { createClient } from "redis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { queryPostgres } from "#server/testing/postgres-databases.ts";
import { startRelay, type Relay } from "#tests/doubles/relay.ts";
import { openWire, type Wire, type WireAnswer } from "#tests/testing/auth/keep-alive-wire.ts";
import { startPostgres, type PostgresServer } from "#tools/test/postgres-server.ts";
import { startRedis, type RedisServer } from "#tools/test/redis-server.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";

const START_MS = 180_000;
const PASSWORD = "Correct-horse-1";

let primary: PostgresServer;
let standby: PostgresServer;
/** Where the database is, as a name or an address that moves at a failover. */
let relay: Relay;
let redis: RedisServer;
let server: TestServer;
let wire: Wire;
const logger = createRecordingLogger();
const started = new AsyncDisposableStack();
beforeAll(async () => {
  const signal = AbortSignal.timeout(START_MS);
  primary = started.use(await startPostgres(signal));
  [standby, relay, redis] = await Promise.all([
    startPostgres(signal, { standbyOf: primary }),
    startRelay(primary.port),
    startRedis(signal),
  ]);
  started.use(standby);
  started.use(relay);
  started.use(redis);
  const databaseUrl = primary.url.replace(`:${primary.port}/`, `:${relay.port}/`);
  server = started.use(
    await startTestServer({ config: { databaseUrl, redisUrl: redis.url }, deps: { logger } }),
  );
  wire = started.use(openWire(16));
}, START_MS);
afterAll(() => started.disposeAsync());

const told = (event: string) => logger.lines.filter((line) => line.event === event);
const get = (path: string): Promise<WireAnswer> =>
  wire.send({
    method: "GET",
    url: server.httpUrl + path,
    headers: { authorization: `Bearer ${server.accessToken}` },
  });
const tokens = (form: Readonly<Record<string, string>>) =>
  wire.post(`${server.httpUrl}/oauth/token`, { client_id: "pipit-cli", ...form });
const refresh = (token: string) => tokens({ grant_type: "refresh_token", refresh_token: token });
const post = (path: string, body: object) =>
  wire.send({
    url: server.httpUrl + path,
    headers: { authorization: `Bearer ${server.accessToken}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
const register = (login: string) => post("/auth/register", { login, password: PASSWORD });
const isHealthy = async () => (await get("/health")).body["status"] === "healthy";

/** As 503, with a time to wait, and with no word of where the database is. */
function expectRefusal({ status, headers, text }: WireAnswer): void {
  expect([status, Number(headers["retry-after"]) > 0]).toEqual([503, true]);
  expect(text).not.toMatch(/127\.0\.0\.1|25006|NOAUTH| at .*\.ts/);
}

test("a Redis whose password was changed: the log says so with the cure, and all is well when it is taken back", async () => {
  const operator = createClient({ url: redis.url });
  await operator.connect();
  try {
    await operator.sendCommand(["CONFIG", "SET", "requirepass", "hunter2hunter2"]);
    for (const kind of ["normal", "pubsub"])
      await operator.sendCommand(["CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes"]);
    await expect
      .poll(() => told("limits.redis_lost"))
      .toContainEqual(
        expect.objectContaining({
          fields: {
            reason: expect.stringMatching(/NOAUTH/) as unknown,
            cure: expect.stringMatching(/password/) as unknown,
          },
        }),
      );
    expect((await get("/health")).body["redis"]).toBe("down");
    expectRefusal(await register("nobody"));
    expect((await get("/v1/chats")).status).toBe(200);
    await operator.sendCommand(["CONFIG", "SET", "requirepass", ""]);
  } finally {
    operator.destroy();
  }
  await expect.poll(async () => (await register("ann")).status).toBe(200);
  expect(told("limits.redis_lost").length).toBeLessThan(5);
});

test("a locked table: who needs it is refused and served later, and all else goes on, also for balancers", async () => {
  const { refreshToken } = server;
  const holder = new Client({ connectionString: primary.url });
  await holder.connect();
  // So many that they would hold all connections of the server.
  using crowd = openWire(30);
  const url = `${server.httpUrl}/oauth/token`;
  const form = { client_id: "pipit-cli", grant_type: "refresh_token", refresh_token: refreshToken };
  const ask = () => Array.from({ length: 30 }, () => crowd.post(url, form));
  const refused: WireAnswer[] = [];
  const note = (answer: WireAnswer) => void (answer.status === 503 && refused.push(answer));
  let asked: Promise<WireAnswer>[] = [];
  try {
    await holder.query("begin");
    await holder.query("lock table refresh_tokens in access exclusive mode");
    for (const one of (asked = ask())) void one.then(note, () => undefined);
    const sql = "select 1 from pg_stat_activity where wait_event_type = 'Lock'";
    await expect.poll(async () => (await queryPostgres(primary.url, sql)).length).toBeGreaterThanOrEqual(2);
    expect(await isHealthy()).toBe(true);
    expect((await get("/ready")).status).toBe(200);
    await expect.poll(() => refused.length).toBeGreaterThan(0);
    // From now on the lock is known: however many ask, connections are left for the others.
    asked = [...asked, ...ask()];
    expect((await get("/v1/chats")).status).toBe(200);
    expect((await get("/ready")).status).toBe(200);
    expect(await isHealthy()).toBe(true);
    await holder.query("rollback");
  } finally {
    await holder.end();
  }
  const answers = await Promise.all(asked);
  for (const answer of refused) expectRefusal(answer);
  // Also the same token many times at once is one refresh, and none is half done.
  expect(answers.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
  await expect.poll(async () => (await refresh(refreshToken)).status).toBe(200);
  expect(told("store.locked")[0]?.fields).toMatchObject({
    statement: expect.stringMatching(/refresh_tokens/) as unknown,
    cure: expect.stringMatching(/pg_blocking_pids/) as unknown,
  });
  // Not one for each request: one a minute.
  expect(told("store.locked").length).toBeLessThan(5);
  expect(told("http.failed")).toEqual([]);
  expect(told("health.database_down")).toEqual([]);
});

test("a database that only reads: what reads goes on, health and the log say why, once, and it ends by itself", async () => {
  const operator = new Client({
    connectionString: primary.url,
    options: "-c default_transaction_read_only=off",
  });
  await operator.connect();
  try {
    await operator.query("alter system set default_transaction_read_only = on");
    await operator.query("select pg_reload_conf()");
    await expect.poll(async () => (await post("/v1/chats", { title: "lost" })).status).toBe(503);
    const refused = await post("/v1/chats", { title: "lost" });
    expectRefusal(refused);
    expect(refused.text).toMatch(/takes no changes now, so nothing was saved/);
    for (let times = 0; times < 3; times++)
      expect((await get("/health")).body).toMatchObject({ status: "degraded", storage: "read_only" });
    expect((await get("/v1/chats")).status).toBe(200);
    expect(told("store.not_writable")).toMatchObject([
      { fields: { storage: "read_only", cure: expect.stringMatching(/primary/) as unknown } },
    ]);
    await operator.query("alter system reset default_transaction_read_only");
    await operator.query("select pg_reload_conf()");
  } finally {
    await operator.end();
  }
  await expect.poll(isHealthy).toBe(true);
  expect(told("store.writable")).toHaveLength(1);
  expect((await register("bob")).status).toBe(200);
});

test("a primary that ends and a standby that takes its place: nothing that was answered is lost, and no server is started again", async () => {
  const before = await tokens({ grant_type: "password", username: "ann", password: PASSWORD });
  expect(before.status).toBe(200);
  expect((await post("/v1/chats", { title: "Kept" })).status).toBe(201);
  const [{ at } = { at: "" }] = await queryPostgres<{ at: string }>(
    primary.url,
    "select pg_current_wal_flush_lsn()::text as at",
  );
  const arrived = "select pg_last_wal_replay_lsn() >= $1::pg_lsn as there";
  await expect
    .poll(async () => (await queryPostgres<{ there: boolean }>(standby.url, arrived, [at]))[0]?.there)
    .toBe(true);
  await primary.stop();
  await expect.poll(async () => (await get("/ready")).status).toBe(503);
  expectRefusal(await get("/v1/chats"));
  expect((await get("/health")).body).toMatchObject({ status: "unhealthy", database: "down" });
  expect((await get("/health")).status).toBe(503);
  for (let times = 0; times < 3; times++) expectRefusal(await get("/v1/chats"));
  // Of an outage there is one line of each, however many ask.
  expect(told("health.database_down")).toHaveLength(1);
  expect(told("store.connection_lost")).toHaveLength(1);
  expect(told("http.failed")).toEqual([]);
  // Its address leads to the standby before that may write.
  relay.lead(standby.port);
  await expect.poll(async () => (await get("/v1/chats")).text).toContain("Kept");
  expectRefusal(await refresh(String(before.body["refresh_token"])));
  await queryPostgres(standby.url, "select pg_promote()");
  await expect.poll(isHealthy).toBe(true);
  expect((await refresh(String(before.body["refresh_token"]))).status).toBe(200);
  expect((await register("cid")).status).toBe(200);
});
