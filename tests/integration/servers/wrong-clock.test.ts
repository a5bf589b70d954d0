import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { Health, HealthCheckResponse_ServingStatus as Status } from "#proto/grpc/health/v1/health_pb.ts";
import { openAdminContext } from "#server/compose/admin-context.ts";
import { readServerConfig } from "#server/config/config.ts";
import { queryPostgres } from "#server/testing/postgres-databases.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";

const MASTER_KEY = Buffer.alloc(32, 5).toString("base64");
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const PASSWORD = "Correct-horse-1";

let right: TestServer;
let other: TestServer;
/** How far the clock of the other server's machine is ahead. */
let aheadMs = 0;
beforeAll(async () => {
  const auth = { ...readServerConfig({ argv: [], env: {} }).auth, masterKey: MASTER_KEY };
  right = await startTestServer({ database: "PostgreSQL", config: { auth } });
  const { databaseUrl = "" } = right.config;
  const machineClock = { nowMs: () => Date.now() + aheadMs };
  other = await startTestServer({ config: { auth, databaseUrl }, deps: { machineClock } });
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await right[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly retryAfter: string | null;
}

async function ask({ httpUrl }: TestServer, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${httpUrl}${path}`, init);
  const body = (await response.json()) as Readonly<Record<string, unknown>>;
  return { status: response.status, body, retryAfter: response.headers.get("retry-after") };
}

function post(
  server: TestServer,
  path: string,
  body: BodyInit,
  headers: Readonly<Record<string, string>> = {},
) {
  return ask(server, path, { method: "POST", body, headers });
}

function refresh(server: TestServer, token: string): Promise<Answer> {
  const form = { grant_type: "refresh_token", client_id: CLI_CLIENT_ID, refresh_token: token };
  return post(server, "/oauth/token", new URLSearchParams(form));
}

function signIn(server: TestServer): Promise<Answer> {
  const form = { grant_type: "password", client_id: CLI_CLIENT_ID, username: "ann", password: PASSWORD };
  return post(server, "/oauth/token", new URLSearchParams(form));
}

async function becomes(state: string): Promise<void> {
  await expect.poll(async () => (await ask(other, "/health")).body["clock"]).toBe(state);
}

async function seenAheadMs(): Promise<number> {
  const metrics = await (await fetch(`${other.httpUrl}/metrics`)).text();
  return Number(/^pipit_clock_ahead_seconds (\S+)$/m.exec(metrics)?.[1]) * 1000;
}

async function kept(): Promise<unknown> {
  const counts = ["audit_events", "refresh_families", "refresh_tokens", "web_sessions", "signing_keys"].map(
    (table) => `(select count(*)::int from ${table}) as ${table}`,
  );
  return queryPostgres(right.config.databaseUrl ?? "", `select ${counts.join(", ")}`);
}

test("[O5] a server whose clock is wrong harms nobody, signs nobody in, says so, and goes on by itself once it is right", async () => {
  const json = { "content-type": "application/json" };
  const account = JSON.stringify({ login: "ann", password: PASSWORD, display_name: "Ann" });
  expect((await post(right, "/auth/register", account, json)).status).toBe(200);
  expect(await ask(other, "/health")).toMatchObject({ body: { status: "healthy", clock: "right" } });

  // So little that it works on, by the time that all share.
  aheadMs = 20_000;
  await becomes("off");
  const early = await signIn(other);
  expect(early.status).toBe(200);
  const headers = { authorization: `Bearer ${String(early.body["access_token"])}` };
  expect((await ask(right, "/auth/me", { headers })).status).toBe(200);
  expect((await ask(other, "/ready")).status).toBe(200);

  await using admin = await openAdminContext(right.config);
  const { client, secret = "" } = await admin.clients.register(
    {
      clientId: "service",
      name: "A service",
      confidential: true,
      applicationType: "web",
      grantTypes: ["client_credentials"],
      scope: "api:read",
    },
    admin.origin,
  );
  const service = { client_id: client.clientId, client_secret: secret, grant_type: "client_credentials" };
  const serve = (): Promise<Answer> => post(other, "/oauth/token", new URLSearchParams(service));
  expect((await serve()).status).toBe(200);
  const rpc = createGrpcTransport({ baseUrl: `http://${other.grpcUrl}` });
  const health = async () => (await createClient(Health, rpc).check({})).status;
  expect(await health()).toBe(Status.SERVING);
  using watching = new DisposableStack();
  const left = new AbortController();
  watching.defer(() => left.abort());
  const watch = createClient(Health, rpc).watch({}, { signal: left.signal })[Symbol.asyncIterator]();
  expect((await watch.next()).value?.status).toBe(Status.SERVING);

  const before = await kept();
  for (const wrongMs of [2 * 365 * DAY_MS, 100 * DAY_MS, -20 * MINUTE_MS]) {
    aheadMs = wrongMs;
    // It is seen when somebody next asks for the time.
    await expect.poll(async () => Math.abs((await seenAheadMs()) - wrongMs)).toBeLessThan(5_000);
    await becomes("wrong");
    expect(await ask(other, "/health")).toMatchObject({ status: 200, body: { status: "degraded" } });
    expect(await ask(other, "/ready")).toMatchObject({ status: 503, body: { status: "clock_wrong" } });
    expect(await health()).toBe(Status.NOT_SERVING);
    const tries = [signIn, (at: TestServer) => refresh(at, String(early.body["refresh_token"])), serve];
    for (const trying of tries) {
      const refused = await trying(other);
      expect([refused.status, refused.body["error"]]).toEqual([503, "temporarily_unavailable"]);
      expect(refused.retryAfter).toMatch(/^\d+$/);
    }
    const page = JSON.stringify({ login: "ann", password: PASSWORD });
    expect(await post(other, "/auth/login", page, { ...json, origin: other.httpUrl })).toMatchObject({
      status: 503,
      body: { error: { code: "CLOCK_WRONG" } },
    });
    // Who is signed in works on.
    expect((await ask(other, "/auth/me", { headers })).status).toBe(200);
    expect(await kept()).toEqual(before);
  }

  expect((await watch.next()).value?.status).toBe(Status.NOT_SERVING);

  aheadMs = 0;
  await becomes("right");
  expect((await ask(other, "/ready")).status).toBe(200);
  expect((await watch.next()).value?.status).toBe(Status.SERVING);
  expect([await health(), (await serve()).status]).toEqual([Status.SERVING, 200]);
  const later = await refresh(other, String(early.body["refresh_token"]));
  expect(later.status).toBe(200);
  expect((await refresh(right, String(later.body["refresh_token"]))).status).toBe(200);
  expect((await ask(right, "/ready")).status).toBe(200);
}, 240_000);
