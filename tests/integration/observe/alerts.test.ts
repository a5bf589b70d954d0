import { readFile } from "node:fs/promises";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { StreamingService } from "#proto/streaming_pb.ts";
import { readServerConfig } from "#server/config/config.ts";
import { createMigratedDatabase, queryPostgres } from "#server/testing/postgres-databases.ts";
import { faults } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble, type OpenAiDouble } from "#tests/doubles/openai-server.ts";
import { alertCases } from "#tests/testing/alert-cases.ts";
import { sized } from "#tests/testing/test-size.ts";
import { startPostgres, type PostgresServer } from "#tools/test/postgres-server.ts";
import { alertRules, promtool, testAlerts, type AlertCase } from "#tools/test/promtool.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";

const LIMIT_MS = 60_000;
const MASTER_KEY = Buffer.alloc(32, 5).toString("base64");
/** As a scrape a minute sees it: so long nothing, then what was seen goes on. */
const QUIET_MINUTES = 15;
const MINUTES = 30;
/** What this test brings about; others tell of the machine that it runs on. */
const among = [
  "PipitCallsFail",
  "PipitClockOff",
  "PipitClockWrong",
  "PipitDatabaseDown",
  "PipitMasterKeyWrong",
  "PipitModelErrors",
  "PipitServerErrors",
];

let postgres: PostgresServer;
let model: OpenAiDouble;
let server: TestServer;
let aheadMs = 0;
beforeAll(async () => {
  const signal = AbortSignal.timeout(LIMIT_MS);
  postgres = await startPostgres(signal);
  const { url: databaseUrl } = await createMigratedDatabase(postgres.url);
  model = await startOpenAiDouble(faults.failed);
  const auth = { ...readServerConfig({ argv: [], env: {} }).auth, masterKey: MASTER_KEY };
  server = await startTestServer({
    config: {
      databaseUrl,
      auth,
      model: { url: model.url, model: "double", ollamaUrl: "http://127.0.0.1:9" },
    },
    deps: { machineClock: { nowMs: () => Date.now() + aheadMs } },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

test(
  "Prometheus takes the rules, and each of them fires when it has to and not before",
  async () => {
    const signal = AbortSignal.timeout(LIMIT_MS);
    expect(await promtool(["check", "rules", alertRules], signal)).toMatch(/SUCCESS: \d+ rules found/);
    const { groups } = parse(await readFile(alertRules, "utf8")) as {
      readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
    };
    const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
    expect(alertCases.map(({ name }) => name)).toEqual(
      expect.arrayContaining([...alerts, "nothing has happened"]),
    );
    await testAlerts(sized(alertCases.slice(0, 4), alertCases), signal);
  },
  LIMIT_MS,
);

/** Series by their name with labels, and which of them only grow. */
interface Scrape {
  readonly values: ReadonlyMap<string, string>;
  readonly counters: ReadonlySet<string>;
}

async function scrape(): Promise<Scrape> {
  const text = await (await fetch(`${server.httpUrl}/metrics`)).text();
  const types = [...text.matchAll(/^# TYPE (\S+) (counter|histogram)$/gm)].map(([, name = ""]) => name);
  const values = new Map<string, string>();
  const counters = new Set<string>();
  for (const [, name = "", labels = "", value = ""] of text.matchAll(/^([a-z_]\w*)(?:\{(.*)\})? (\S+)$/gm)) {
    const series = `${name}{${[labels, 'instance="one",job="pipit"'].filter((one) => one !== "").join(",")}}`;
    values.set(series, value);
    if (types.includes(name.replace(/_(bucket|count|sum)$/, "")) || types.includes(name))
      counters.add(series);
  }
  return { values, counters };
}

/** A world in which, after a quiet while, each minute brings what has come between two scrapes. */
function worldOf(name: string, before: Scrape, after: Scrape, fires: readonly string[]): AlertCase {
  const series = Object.fromEntries(
    [...after.values].map(([one, now]) => {
      const was = before.values.get(one) ?? (after.counters.has(one) ? "0" : now);
      const step = after.counters.has(one) ? `${now}+${Number(now) - Number(was)}` : now;
      return [one, `${was}x${QUIET_MINUTES} ${step}x${MINUTES}`];
    }),
  );
  return { name, series, fires, among, afterMinutes: QUIET_MINUTES + MINUTES };
}

async function seen(sample: string, value: string): Promise<void> {
  await expect
    .poll(async () => (await scrape()).values.get(`${sample}{instance="one",job="pipit"}`), {
      timeout: LIMIT_MS,
    })
    .toBe(value);
}

test(
  "a real server's own numbers fire the alert for what has befallen it",
  async () => {
    const worlds: AlertCase[] = [];
    const healthy = await scrape();
    worlds.push({ ...worldOf("healthy", healthy, healthy, []), afterMinutes: QUIET_MINUTES });

    const client = createClient(
      StreamingService,
      createGrpcTransport({ baseUrl: `http://${server.grpcUrl}` }),
    );
    const headers = { authorization: `Bearer ${server.accessToken}` };
    for (let question = 0; question < 4; question += 1) {
      const answer = client.streamAudio({ prompt: "Hi", hardwareId: "machine" }, { headers });
      await expect(Array.fromAsync(answer)).rejects.toThrow("model");
    }
    worlds.push(
      worldOf("a model that fails", healthy, await scrape(), ["PipitCallsFail", "PipitModelErrors"]),
    );

    aheadMs = 2 * 60 * 60_000;
    // It is seen when somebody next asks for the time.
    await expect
      .poll(async () =>
        Number((await scrape()).values.get('pipit_clock_ahead_seconds{instance="one",job="pipit"}')),
      )
      .toBeGreaterThan(7_000);
    const wrongClock = await scrape();
    worlds.push(worldOf("a wrong clock", wrongClock, wrongClock, ["PipitClockOff", "PipitClockWrong"]));
    aheadMs = 0;
    await expect
      .poll(async () =>
        Number((await scrape()).values.get('pipit_clock_ahead_seconds{instance="one",job="pipit"}')),
      )
      .toBeLessThan(5);

    await queryPostgres(server.config.databaseUrl ?? "", "update master_key set id = '0123456789abcdef'");
    await seen("pipit_master_key_right", "0");
    const wrongKey = await scrape();
    worlds.push(worldOf("a master key that was replaced", wrongKey, wrongKey, ["PipitMasterKeyWrong"]));

    const before = await scrape();
    await postgres.stop();
    const listed = async (): Promise<number> =>
      (await fetch(`${server.httpUrl}/v1/chats`, { headers })).status;
    for (let request = 0; request < 12; request += 1) await expect.poll(listed).toBe(503);
    await seen("pipit_database_up", "0");
    worlds.push(
      worldOf("a database that is gone", before, await scrape(), [
        "PipitDatabaseDown",
        "PipitMasterKeyWrong",
        "PipitServerErrors",
      ]),
    );

    await testAlerts(worlds, AbortSignal.timeout(LIMIT_MS));
  },
  3 * LIMIT_MS,
);
