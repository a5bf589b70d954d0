import fastify from "fastify";
import { describe, expect, test } from "vitest";
import { anyone } from "#server/domain/access/access.ts";
import { openGate } from "#server/testing/open-gate.ts";
import { addRoutes } from "../http/kit/route.ts";
import { measureRequests } from "../http/kit/measure-requests.ts";
import { metricsRoute } from "../http/probes/metrics-route.ts";
import { quietSources } from "#server/testing/metric-sources.ts";
import type { MetricSources } from "./metric-set.ts";
import { createMetrics, type Metrics } from "./metrics.ts";

const sources: MetricSources = {
  ...quietSources,
  passwordQueueDepth: () => 3,
  queues: () => ({ database: 4, pictures: 0 }),
  rooms: () => ({ readers: 2, delivered: 7, tooSlow: 1 }),
  clockAheadSeconds: () => -1_200,
  masterKeyIsRight: () => false,
};

async function lines(metrics: Metrics): Promise<readonly string[]> {
  return (await metrics.text()).body.split("\n");
}

describe("metrics", () => {
  test("count what the auth service does under the names of the contract", async () => {
    const metrics = createMetrics(sources);
    metrics.tokenRequest("password", "success", 150, "pipit-cli");
    metrics.tokenRequest("urn:ietf:params:oauth:grant-type:device_code", "slow_down", 1);
    metrics.successfulLogin();
    metrics.failedLogin("wrong-password");
    metrics.refreshRotation("rotated");
    metrics.refreshReuse();
    metrics.passwordGrant("pipit-cli");
    metrics.authenticatedRequest("internal");
    expect(await lines(metrics)).toEqual(
      expect.arrayContaining([
        'auth_token_requests_total{grant_type="password",outcome="success",client_id="pipit-cli"} 1',
        'auth_token_requests_total{grant_type="device_code",outcome="slow_down",client_id=""} 1',
        'auth_token_request_duration_seconds_bucket{le="0.1",grant_type="password"} 0',
        'auth_token_request_duration_seconds_bucket{le="0.2",grant_type="password"} 1',
        'auth_failed_login_attempts_total{reason="wrong-password"} 1',
        'auth_refresh_token_rotations_total{outcome="rotated"} 1',
        "auth_successful_logins_total 1",
        "auth_refresh_token_reuse_total 1",
        'auth_password_grant_total{client_id="pipit-cli"} 1',
        'auth_authenticated_requests_total{method="internal"} 1',
        "auth_password_queue_depth 3",
        "pipit_database_up 1",
        "pipit_redis_up 1",
      ]),
    );
  });

  test("keep what was counted before they were loaded, and share nothing between servers", async () => {
    const [one, other] = [createMetrics(sources), createMetrics(sources)];
    one.refreshReuse();
    await one.load();
    one.refreshReuse();
    expect(await lines(one)).toContain("auth_refresh_token_reuse_total 2");
    expect(await lines(other)).toContain("auth_refresh_token_reuse_total 0");
  });

  test("make no label of what strangers send", async () => {
    const metrics = createMetrics(sources);
    metrics.tokenRequest('x"} 1\nforged', "success", 1, "a b\n");
    for (let n = 0; n < 500; n++) {
      metrics.tokenRequest(`grant-${n}`, `outcome-${n}`, 1, `client-${n}`);
      metrics.failedLogin(`reason-${n}`);
      metrics.refreshRotation(`outcome-${n}`);
      metrics.passwordGrant(`client-${n}`);
    }
    const all = await lines(metrics);
    expect(all.filter((line) => line.includes("forged") || line.includes("grant-1"))).toEqual([]);
    for (const name of ["auth_failed_login_attempts_total", "auth_password_grant_total"]) {
      expect(all.filter((line) => line.startsWith(`${name}{`))).toHaveLength(51);
    }
    expect(all.length).toBeLessThan(500);
  });

  test("say that database and Redis are down, and nothing of a Redis that is not used", async () => {
    const down = createMetrics({
      ...sources,
      pingDatabase: async () => {
        throw new Error("no");
      },
      redisStatus: async () => {
        throw new Error("no");
      },
    });
    expect(await lines(down)).toEqual(expect.arrayContaining(["pipit_database_up 0", "pipit_redis_up 0"]));
    expect(await lines(down)).toEqual(
      expect.arrayContaining(["pipit_clock_ahead_seconds -1200", "pipit_master_key_right 0"]),
    );
    const without = createMetrics({
      ...sources,
      redisStatus: () => "disabled",
      clockAheadSeconds: () => undefined,
      restoreProvenAtMs: async () => 0,
    });
    const told = (await lines(without)).filter((line) => /^pipit_(redis_up|clock)/.test(line));
    expect(told).toEqual([]);
  });

  test("tell of rooms, and how late messages are there", async () => {
    const metrics = createMetrics(sources);
    metrics.roomLag(700);
    expect(await lines(metrics)).toEqual(
      expect.arrayContaining([
        "pipit_room_readers 2",
        "pipit_room_deliveries_total 7",
        "pipit_room_readers_dropped_total 1",
        'pipit_room_lag_seconds_bucket{le="0.5"} 0',
        'pipit_room_lag_seconds_bucket{le="1"} 1',
      ]),
    );
  });

  test("tell of sockets: how many are open, why they were closed, and how late they are told", async () => {
    const metrics = createMetrics(sources);
    for (let opened = 0; opened < 3; opened += 1) metrics.socketOpened();
    metrics.socketTold();
    metrics.socketResync();
    metrics.socketClosed("revoked");
    metrics.syncLag(40);
    expect(await lines(metrics)).toEqual(
      expect.arrayContaining([
        "pipit_sockets 2",
        "pipit_socket_messages_total 1",
        "pipit_socket_resyncs_total 1",
        'pipit_socket_closes_total{reason="revoked"} 1',
        'pipit_sync_lag_seconds_bucket{le="0.025"} 0',
        'pipit_sync_lag_seconds_bucket{le="0.05"} 1',
      ]),
    );
  });

  test("tell of answers, models and voices, of calls, and of the database", async () => {
    const metrics = createMetrics(sources);
    for (let begun = 0; begun < 3; begun += 1) metrics.turnStarted();
    metrics.firstToken(700);
    metrics.turnEnded("done");
    metrics.turnEnded("MODEL_UNREACHABLE");
    metrics.modelAsked();
    metrics.modelFailed("MODEL_UNREACHABLE");
    metrics.sentenceSpoken("flite", "spoken", 80);
    metrics.rpc("pipit.Service/Method", "permission_denied", 3);
    metrics.errorTold("TOKEN_EXPIRED");
    metrics.database.statement("select", 2);
    metrics.database.failed("STORAGE_CORRUPT");
    metrics.auditDamaged();
    expect(await lines(metrics)).toEqual(
      expect.arrayContaining([
        "pipit_turns_started_total 3",
        "pipit_turns_running 1",
        'pipit_turns_ended_total{outcome="done"} 1',
        'pipit_turns_ended_total{outcome="MODEL_UNREACHABLE"} 1',
        'pipit_turn_first_token_seconds_bucket{le="0.5"} 0',
        'pipit_turn_first_token_seconds_bucket{le="1"} 1',
        "pipit_model_requests_total 1",
        'pipit_model_errors_total{code="MODEL_UNREACHABLE"} 1',
        'pipit_speech_requests_total{provider="flite",outcome="spoken"} 1',
        'pipit_speech_duration_seconds_bucket{le="0.1",provider="flite"} 1',
        'pipit_rpc_requests_total{method="pipit.Service/Method",code="permission_denied"} 1',
        'pipit_rpc_duration_seconds_count{method="pipit.Service/Method"} 1',
        'pipit_errors_total{code="TOKEN_EXPIRED"} 1',
        // Alerts see the first of them too, as a counter that is there already grows.
        'pipit_errors_total{code="STORAGE_CORRUPT"} 0',
        'pipit_database_errors_total{code="STORAGE_CORRUPT"} 1',
        'pipit_database_errors_total{code="STORAGE_FULL"} 0',
        'pipit_database_duration_seconds_bucket{le="0.0025",statement="select"} 1',
        "pipit_audit_damage_total 1",
        'pipit_queue_depth{queue="database"} 4',
        'pipit_queue_depth{queue="pictures"} 0',
        "pipit_embeddings_up 1",
        "pipit_embeddings_backlog 0",
      ]),
    );
  });

  test("tell of the process, and how long it kept tasks waiting since the last look", async () => {
    const metrics = createMetrics(sources);
    const valueOf = async (name: string): Promise<number> =>
      Number((await lines(metrics)).find((line) => line.startsWith(`${name} `))?.split(" ")[1]);
    const cpu = await valueOf("process_cpu_seconds_total");
    expect(cpu).toBeGreaterThan(0);
    expect(await valueOf("process_cpu_seconds_total")).toBeLessThan(cpu + 60);
    expect(await valueOf("process_resident_memory_bytes")).toBeGreaterThan(1e6);
    expect(await valueOf("nodejs_eventloop_lag_seconds")).toBeGreaterThanOrEqual(0);
    expect(await valueOf("nodejs_eventloop_utilization")).toBeLessThanOrEqual(1);
    expect(await valueOf("pipit_disk_free_bytes")).toBeLessThan(await valueOf("pipit_disk_size_bytes"));
    expect(await valueOf("pipit_disk_free_bytes")).toBeGreaterThan(0);
    await expect
      .poll(async () => {
        const until = performance.now() + 300;
        while (performance.now() < until);
        return valueOf("nodejs_eventloop_lag_max_seconds");
      })
      .toBeGreaterThan(0.2);
    metrics[Symbol.dispose]();
    expect(await valueOf("nodejs_eventloop_lag_max_seconds")).toBe(0);
  });

  test("are served as text, with requests by route and never by path", async () => {
    const metrics = createMetrics(sources);
    await using stack = new AsyncDisposableStack();
    const app = fastify();
    stack.defer(() => app.close());
    measureRequests(app, metrics);
    const chat = { method: "GET", path: "/chats/:id", access: anyone, handle: async () => ({}) } as const;
    addRoutes(app, [metricsRoute({ metrics }), chat], openGate);
    await app.inject("/chats/secret-chat");
    await app.inject("/nowhere/secret-path");
    const answer = await app.inject("/metrics");
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(answer.body).toContain('pipit_http_requests_total{route="/chats/:id",status="2xx"} 1');
    expect(answer.body).toContain('pipit_http_requests_total{route="none",status="4xx"} 1');
    expect(answer.body).toContain('pipit_http_request_duration_seconds_count{route="/chats/:id"} 1');
    expect(answer.body).not.toContain("secret");
  });
});
