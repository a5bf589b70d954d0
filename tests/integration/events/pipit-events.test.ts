import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openOutbox } from "#engine/node/files/sqlite-outbox.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { outboxRow } from "#engine/testing/outbox-suite.ts";
import { createCliHome } from "#tests/integration/cli-process.ts";
import { startTestServer, type TestServer } from "#tests/integration/start-test-server.ts";
import { sized } from "#tests/testing/test-size.ts";
import { runPipit, type PipitRun } from "#tests/testing/run-pipit.ts";

const PASSWORD = "Correct-horse-1";
/** It starts programs, and waits for each server that was killed to be started again. */
const KILLS_TIMEOUT_MS = 240_000;
const EVENTS = sized(2_000, 4_000);

let server: TestServer;
let home: string;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "pipit-events-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

function pipit(args: readonly string[], run: Omit<PipitRun, "home"> = {}) {
  return runPipit(args, { ...run, home, server });
}

const line = (change: object = {}) =>
  `${JSON.stringify({ event_type: "Deployed", aggregate_id: "site", payload: { ok: true }, ...change })}\n`;
const state = async () =>
  JSON.parse((await pipit(["events", "status", "--json"])).out) as Record<string, unknown>;
async function get<T>(path: string): Promise<T> {
  const token = (await pipit(["auth", "token"])).out.trim();
  const answer = await fetch(`${server.httpUrl}${path}`, { headers: { authorization: `Bearer ${token}` } });
  return (await answer.json()) as T;
}
const me = () => get<{ readonly id: string }>("/auth/me");
const exported = () =>
  get<{
    readonly program_events: readonly { readonly event: Readonly<Record<string, unknown>> }[];
  }>("/auth/export");
const away = { env: { PIPIT_SERVER_URL: "http://127.0.0.1:9", PIPIT_GRPC_URL: "127.0.0.1:9" } };

test("events are queued whoever is signed in and whatever is reached, and go once, with what is missing filled in", async () => {
  const first = await pipit(["events", "push", "-"], { input: line() + "\n" + line({ lamport_clock: 41 }) });
  expect(first).toMatchObject({
    code: 3,
    out: "",
    err: expect.stringMatching(/Queued: 2\.\n[^]*not signed in/),
  });
  expect(await state()).toMatchObject({ waiting: 2, refused: 0, path: join(home, "queue.db") });
  await pipit(["auth", "register", "--username", "ann", "--password-stdin"], { input: `${PASSWORD}\n` });

  const id = "01KBTFJ8Q3ZB9X2C7N5V4M6K1D";
  const file = join(home, "events.jsonl");
  await writeFile(file, line({ event_id: id }) + line({ event_id: id.toLowerCase() }));
  expect(await pipit(["events", "push", file])).toEqual({
    code: 0,
    out: "",
    err: expect.stringMatching(/Queued: 2\.\nDelivered: 3\.\nNothing waits\.\n$/),
  });
  expect(await readFile(join(home, "active_queue_scope"), "utf8")).toMatch(
    /^http:\/\/127\.0\.0\.1:\d+\|[\w-]+\|no-team$/,
  );
  const again = await pipit(["events", "push", file, "--json"]);
  expect(JSON.parse(again.out)).toMatchObject({
    queued: 2,
    success: 0,
    duplicate: 1,
    rejected: [],
    waiting: 0,
    error: null,
  });
  const { program_events } = await exported();
  const kept = program_events
    .map(({ event }) => event)
    .toSorted((a, b) => Number(a["lamport_clock"]) - Number(b["lamport_clock"]));
  expect(kept.map((event) => event["lamport_clock"])).toEqual([41, 42, expect.any(Number)]);
  expect(new Set(kept.map((event) => event["node_id"])).size).toBe(1);
  expect(kept[0]).toMatchObject({
    event_id: expect.any(String),
    timestamp: expect.stringMatching(/000\+00:00$/),
  });

  const refused = await pipit(["events", "push", "-"], {
    input: `${line()}{"event_type": ""}\n`,
    env: { LANG: "ru_RU.UTF-8" },
  });
  expect(refused).toMatchObject({
    code: 2,
    out: "",
    err: expect.stringContaining("Строка 2: event_type: Not a text"),
  });
  const noJson = await pipit(["events", "push", "-"], { input: `${line()}\n{"event_type":\n` });
  expect(noJson).toMatchObject({
    code: 2,
    err: expect.stringMatching(/Line 3: This is not JSON\. .*one line\./),
  });
  expect((await pipit(["events", "push", join(home, "none")])).code).toBe(2);
  // No more is read of what has no lines than one may be long.
  const endless = await pipit(["events", "push", "/dev/zero"]);
  expect(endless).toMatchObject({
    code: 2,
    err: expect.stringMatching(/Line 1: This is longer than 2 MiB\./),
  });
  expect(await pipit(["events", "push"])).toMatchObject({
    code: 0,
    err: expect.stringMatching(/Nothing waits\.\n$/),
  });
  expect((await pipit(["events", "push", "-"], { ...away, input: line() })).code).not.toBe(0);
});

test("numbers that no double holds come out as they went in", async () => {
  await pipit(["auth", "register", "--username", "eve", "--password-stdin"], { input: `${PASSWORD}\n` });
  const payload = '{"id":12345678901234567890,"far":1e400,"fine":0.12345678901234567890,"plain":1.5}';
  const input =
    line().replace('{"ok":true}', payload) + line({ lamport_clock: 7 }).replace(":7", `:${2n ** 53n}`);
  expect(await pipit(["events", "push", "-"], { input })).toMatchObject({
    code: 2,
    err: expect.stringMatching(/Line 2: lamport_clock: Not a whole number from 0 to 2\^53 - 1\./),
  });
  expect((await pipit(["events", "push", "-"], { input: input.split("\n")[0] ?? "" })).code).toBe(0);
  const token = (await pipit(["auth", "token"])).out.trim();
  const headers = { authorization: `Bearer ${token}` };
  const told = await (await fetch(`${server.httpUrl}/auth/export`, { headers })).text();
  expect(told).toContain(`"payload":${payload}`);
});

test("a message that waited for an hour is reported to the servers that are to be told, and to no other", async () => {
  await pipit(["auth", "register", "--username", "bob", "--password-stdin"], { input: `${PASSWORD}\n` });
  const { id } = await me();
  const ask = async (n: number) => {
    const hourAgo = (Date.now() - 3_600_000).toString(16).padStart(12, "0");
    const clientMessageId = `${hourAgo.slice(0, 8)}-${hourAgo.slice(8)}-7000-8000-00000000000${n}`;
    await using outbox = await openOutbox({ home, logger: createFakeLogger() });
    await outbox.add(outboxRow(clientMessageId, { accountId: id, chatKey: `new:${clientMessageId}` }));
  };
  const choose = (reports: string) =>
    writeFile(join(home, "config.toml"), `[sync]\nreports = "${reports}"\n`);
  const late = async (n: number, waiting: number) => {
    await ask(n);
    await pipit(["chat", "--no-audio"], { input: "hello\n" });
    // A program of its own would end only once its report is queued.
    await expect.poll(state).toMatchObject({ waiting });
  };
  // It is not this machine's own.
  await late(0, 0);
  await choose("always");
  await late(1, 1);
  expect((await pipit(["events", "push"])).err).toContain("Delivered: 1.");
  const event = (await exported()).program_events[0]?.event ?? {};
  expect(event).toMatchObject({
    event_type: "DeliveryReported",
    aggregate_id: "pipit-cli",
    payload: { attempts: 1, resumed: false, waited_ms: expect.any(Number) },
  });
  expect((event["payload"] as { readonly waited_ms: number }).waited_ms).toBeGreaterThanOrEqual(3_600_000);
  expect(JSON.stringify(event)).not.toContain("text");
  await late(2, 1);
  await choose("never");
  await late(3, 1);
  // What is sent then is what others have queued.
  expect((await pipit(["events", "push", "-"], { input: line() })).err).toContain("Delivered: 1.");
  expect((await exported()).program_events).toHaveLength(2);
  await choose("sometimes");
  expect(await pipit(["events", "status"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("reports"),
  });
});

test("more than may wait: the oldest go, which is told", async () => {
  await writeFile(join(home, "config.toml"), "[sync]\nmax_queue_size = 3\n");
  await pipit(["events", "push", "-"], { input: line().repeat(5) });
  expect(await state()).toMatchObject({ waiting: 3, evicted: 2 });
  const told = await pipit(["events", "status"]);
  expect(told.err).toContain("2 of the oldest events were dropped");
  await writeFile(join(home, "config.toml"), "[sync]\nmax_queue_size = 0\n");
  expect(await pipit(["events", "status"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("max_queue_size"),
  });
});

test(
  "a server and a client that are killed in the midst of it lose no event and double none",
  { timeout: KILLS_TIMEOUT_MS },
  async () => {
    await using pipitHome = await createCliHome();
    const file = join(pipitHome.home, "events.jsonl");
    await writeFile(file, line({ payload: { text: "x".repeat(500) } }).repeat(EVENTS));
    const dataFile = join(pipitHome.home, "server", "pipit.db");
    const kept = (): number => {
      try {
        const db = new Database(dataFile, { readonly: true });
        try {
          return db.prepare<[], { count: number }>("SELECT count(*) AS count FROM events").get()?.count ?? 0;
        } finally {
          db.close();
        }
      } catch {
        return 0;
      }
    };
    const runtime = async () =>
      JSON.parse(await readFile(join(pipitHome.home, "server", "runtime.json"), "utf8")) as {
        readonly pid: number;
      };
    const first = pipitHome.start(["events", "push", file]);
    await expect
      .poll(() => kept() > 0 || first.child.exitCode !== null, { timeout: KILLS_TIMEOUT_MS, interval: 50 })
      .toBe(true);
    process.kill((await runtime()).pid, "SIGKILL");
    await first.result;
    const before = kept();
    const second = pipitHome.start(["events", "push"]);
    if (before < EVENTS) {
      await expect
        .poll(() => kept() > before || second.child.exitCode !== null, {
          timeout: KILLS_TIMEOUT_MS,
          interval: 50,
        })
        .toBe(true);
    }
    second.child.kill("SIGKILL");
    await second.result;
    const last = await pipitHome.run(["events", "push", "--json"]);
    expect(JSON.parse(last.stdout)).toMatchObject({ waiting: 0, rejected: [], error: null, evicted: 0 });
    expect(last.code).toBe(0);
    expect(kept()).toBe(EVENTS);
  },
);
