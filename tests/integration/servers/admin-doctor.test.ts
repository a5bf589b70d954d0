import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "redis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer } from "#server/compose/start-server.ts";
import { readServerConfig } from "#server/config/config.ts";
import {
  createMigratedDatabase,
  queryPostgres,
  type TemporaryDatabase,
} from "#server/testing/postgres-databases.ts";
import { postgresServerUrl } from "#server/testing/databases.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { mountSmallDisk } from "#server/testing/small-disk.ts";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble, type OpenAiDouble } from "#tests/doubles/openai-server.ts";
import { makeCertificate } from "#tools/test/certificate.ts";
import { startRedis, type RedisServer } from "#tools/test/redis-server.ts";
import { startTeamProxy, type TeamProxy } from "#tools/test/team-proxy.ts";
import { createCliHome, jsonLines, type CliHome } from "../cli-process.ts";
import { freePorts } from "../free-ports.ts";
import { startTestServer } from "../start-test-server.ts";

const START_MS = 60_000;
const MASTER_KEY = Buffer.alloc(32, 9).toString("base64");
const HOUR_MS = 60 * 60 * 1000;
/** A disk on which nothing more goes. */
const SMALL_DISK_BYTES = 8 * 1024 * 1024;
const SECRETS = ["wrong-redis-word", "right-redis-word", "model-secret-key"];

let cli: CliHome;
let database: TemporaryDatabase;
let redis: RedisServer;
let model: OpenAiDouble;
const started = new AsyncDisposableStack();
beforeAll(async () => {
  cli = started.use(await createCliHome());
  database = started.use(await createMigratedDatabase(postgresServerUrl()));
  redis = started.use(await startRedis(AbortSignal.timeout(START_MS)));
  model = started.use(await startOpenAiDouble(stream(say("unused"))));
  const client = createClient({ url: redis.url });
  await client.connect();
  await client.sendCommand(["ACL", "SETUSER", "default", ">right-redis-word"]);
  client.destroy();
});
afterAll(() => started.disposeAsync());

const redisUrl = (word: string) => redis.url.replace("redis://", `redis://:${word}@`);

/** State and words by part, of `pipit admin doctor --json`. */
async function doctor(env: Readonly<Record<string, string>>, ...flags: readonly string[]) {
  const { code, stdout, stderr } = await cli.run(["admin", "doctor", "--json", ...flags], { env });
  for (const secret of SECRETS) expect(stdout + stderr).not.toContain(secret);
  const found = jsonLines(stdout).map(({ part, state, detail, cure }) => [
    String(part),
    `${String(state)}: ${String(detail)}${cure === undefined ? "" : `. ${String(cure)}`}`,
  ]);
  return { code, stderr, parts: Object.fromEntries(found) as Readonly<Record<string, string>> };
}

test("two servers' worth of parts on PostgreSQL and Redis behind nginx: all well, through the proxy, but for a certificate of two days", async () => {
  const [http = 0, grpc = 0] = await freePorts(2);
  const proxied = [{ http: `127.0.0.1:${http}`, grpc: `127.0.0.1:${grpc}` }];
  await using proxy: TeamProxy = await startTeamProxy("nginx", proxied, AbortSignal.timeout(START_MS));
  const publicUrl = `https://localhost:${proxy.port}`;
  const auth = { ...readServerConfig({ argv: [], env: {} }).auth, masterKey: MASTER_KEY };
  await using server = await startTestServer({
    config: {
      auth,
      publicUrl,
      issuer: publicUrl,
      http: { host: "127.0.0.1", port: http },
      grpc: { host: "127.0.0.1", port: grpc },
      trustedProxies: ["127.0.0.1"],
      databaseUrl: database.url,
      redisUrl: redisUrl("right-redis-word"),
    },
  });
  const env = {
    PIPIT_HOME: server.home,
    PIPIT_DATABASE_URL: database.url,
    PIPIT_REDIS_URL: redisUrl("right-redis-word"),
    PIPIT_MASTER_KEY: MASTER_KEY,
    PIPIT_PUBLIC_URL: publicUrl,
    PIPIT_MODEL_URL: `${model.origin}/v1`,
    PIPIT_MODEL_KEY: "model-secret-key",
    NODE_EXTRA_CA_CERTS: proxy.caFile,
  };
  // Each is a look at what has begun to work a moment ago, on a machine with other work.
  await expect
    .poll(() => doctor(env), { timeout: 2 * START_MS })
    .toMatchObject({
      code: 1,
      parts: {
        database: expect.stringMatching(/^ok: PostgreSQL \d+/),
        schema: expect.stringMatching(/^ok: \d{4}_/),
        redis: `ok: 127.0.0.1:${redis.port}`,
        clock: expect.stringMatching(/^ok:/),
        "master-key": expect.stringMatching(/^ok: \w{16} is in force/),
        audit: expect.stringMatching(/^ok: whole/),
        backups: expect.stringMatching(/^warn: no backup was ever restored/),
        model: expect.stringMatching(/^ok: .* at http/),
        server: expect.stringMatching(/^ok: http:\S+ is healthy/),
        "public-url": `ok: ${publicUrl} is healthy, and its sign-in names it`,
        grpc: `ok: localhost:${proxy.port} serves`,
        certificate: expect.stringMatching(/^fail: localhost:\d+ ends in 1 days/),
      },
    });

  // The same without the authority, with another issuer, and with gRPC that goes nowhere, as an operator breaks it.
  const strange = await doctor({ ...env, NODE_EXTRA_CA_CERTS: "" });
  const untrusted =
    /^fail: The certificate of the server at localhost:\d+ is not trusted: it is signed by itself/;
  expect([strange.parts["public-url"], strange.parts["grpc"]]).toEqual([
    expect.stringMatching(untrusted),
    expect.stringMatching(untrusted),
  ]);
  const moved = await doctor({ ...env, PIPIT_ISSUER: "https://pipit.example" });
  expect(moved.parts["public-url"]).toMatch(/^fail: \S+ names https:\/\/localhost:\d+ as its issuer/);
}, 240_000);

test("what is broken is said part by part, with its cure and without a secret, and the exit code is 1", async () => {
  const backups = await mountSmallDisk(SMALL_DISK_BYTES);
  const folder = backups ?? (await mkdtemp(join(tmpdir(), "pipit-doctor-")));
  await using cleanup = new AsyncDisposableStack();
  if (backups === undefined) cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const old = join(folder, "old");
  await writeFile(old, "PGDMP, as a backup of PostgreSQL begins");
  const then = new Date(Date.now() - 100 * HOUR_MS);
  await utimes(old, then, then);
  await using broken = await createMigratedDatabase(postgresServerUrl());
  // Another key than the doctor's has made this database.
  const auth = { ...readServerConfig({ argv: [], env: {} }).auth, masterKey: MASTER_KEY };
  {
    await using made = await startTestServer({ config: { auth, databaseUrl: broken.url } });
    expect(made.config.auth).toBe(auth);
  }
  // The database's own clock runs two minutes late.
  await queryPostgres(broken.url, "create schema late");
  await queryPostgres(
    broken.url,
    "create function late.clock_timestamp() returns timestamptz language sql as $$ select pg_catalog.clock_timestamp() - interval '2 minutes' $$",
  );
  const name = new URL(broken.url).pathname.slice(1);
  await queryPostgres(broken.url, `alter database "${name}" set search_path = late, pg_catalog, public`);
  const [nobody = 0] = await freePorts(1);
  const env = {
    PIPIT_DATABASE_URL: broken.url,
    PIPIT_REDIS_URL: redisUrl("wrong-redis-word"),
    PIPIT_MASTER_KEY: Buffer.alloc(32, 1).toString("base64"),
    PIPIT_PUBLIC_URL: `https://localhost:${nobody}`,
    PIPIT_MODEL_URL: `http://127.0.0.1:${nobody}/v1`,
    PIPIT_MODEL: "some-model",
    PIPIT_MODEL_KEY: "model-secret-key",
    PIPIT_SPEECH_URL: `http://127.0.0.1:${nobody}/v1`,
  };
  const { code, parts } = await doctor(env, "--backups", folder);
  expect(code).toBe(1);
  expect(parts).toMatchObject({
    database: expect.stringMatching(/^ok: PostgreSQL/),
    redis: expect.stringMatching(/^fail: 127\.0\.0\.1:\d+ does not answer: WRONGPASS/),
    clock: expect.stringMatching(/^fail: this machine is 1[12]\d s ahead of its database\. Have NTP/),
    "master-key": expect.stringMatching(/^fail: This database is sealed with another master key/),
    audit: "warn: not known without the master key",
    backups: expect.stringMatching(/^fail: the newest backup is of 100 h ago\. See what runs/),
    model: expect.stringMatching(/^fail: .*\. Questions are answered with an error/),
    speech: expect.stringMatching(/^warn: /),
    server: expect.stringMatching(/^warn: no server of \S+ runs/),
    "public-url": expect.stringMatching(/^fail: https:\S+ cannot be reached \(.*ECONNREFUSED/),
    grpc: expect.stringMatching(/^fail: https:\S+ cannot be reached/),
    certificate: expect.stringMatching(/^fail: https:\S+ cannot be reached/),
    ...(backups !== undefined && {
      disk: expect.stringMatching(/^fail: \S+ needs 1\.0 GiB, and has 8 MiB left/),
    }),
  });
  // Without a key at all, none is made up.
  const { PIPIT_MASTER_KEY: _key, ...keyless } = env;
  expect((await doctor(keyless)).parts["master-key"]).toMatch(/^fail: There is no master key/);
  const gone = await doctor({ ...env, PIPIT_DATABASE_URL: `postgres://pipit:x@127.0.0.1:${nobody}/pipit` });
  expect(gone.parts).toMatchObject({
    database: expect.stringMatching(/^fail: .*127\.0\.0\.1/),
    schema: "warn: not known without the database",
    clock: "warn: not known without the database",
  });
}, 240_000);

test("SQLite with TLS of its own: exit code 0 with warnings alone, in Russian too; a certificate of three days is one that fails", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pipit-doctor-"));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const [http = 0, grpc = 0] = await freePorts(2);
  const publicUrl = `https://localhost:${http}`;
  const made = (days: number) => makeCertificate(folder, ["localhost"], AbortSignal.timeout(START_MS), days);
  const { certFile, keyFile } = await made(10);
  const settings = {
    PIPIT_HOME: folder,
    PIPIT_PUBLIC_URL: publicUrl,
    PIPIT_TLS_CERT: certFile,
    PIPIT_TLS_KEY: keyFile,
    OLLAMA_HOST: "127.0.0.1:9",
  };
  const argv = ["--http", `127.0.0.1:${http}`, "--grpc", `127.0.0.1:${grpc}`];
  const config = readServerConfig({ argv, env: settings });
  await using server = await startServer(config, { logger: createRecordingLogger() });
  expect(server.httpUrl).toBe(publicUrl);
  const env = { ...settings, NODE_EXTRA_CA_CERTS: certFile };
  await expect
    .poll(() => doctor(env), { timeout: 2 * START_MS })
    .toMatchObject({
      code: 0,
      parts: {
        database: expect.stringMatching(/^ok: SQLite/),
        model: expect.stringMatching(/^warn: no language model/),
        server: expect.stringMatching(/^ok: https:/),
        "public-url": expect.stringMatching(/^ok:/),
        grpc: `ok: localhost:${grpc} serves`,
        certificate: expect.stringMatching(/^warn: \S+ ends in 9 days\. Put a new one/),
      },
    });
  const words = await cli.run(["admin", "doctor"], { env: { ...env, LC_ALL: "ru_RU.UTF-8" } });
  expect(words).toMatchObject({ code: 0, stderr: "" });
  expect(words.stdout).toMatch(/^внимание {2}модель +языковой модели нет/m);
  await made(3);
  await expect
    .poll(() => doctor(env), { timeout: START_MS })
    .toMatchObject({ code: 1, parts: { certificate: expect.stringMatching(/^fail: \S+ ends in 2 days/) } });
}, 240_000);

test("it ends when it is stopped, while a part does not answer", async () => {
  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => void silent.close());
  await once(silent, "listening");
  const address = silent.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const asked = once(silent, "connection");
  const running = cli.start(["admin", "doctor"], { env: { PIPIT_MODEL_URL: `http://127.0.0.1:${port}/v1` } });
  await asked;
  running.child.kill("SIGINT");
  expect(await running.result).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining("Cancelled"),
  });
}, 120_000);
