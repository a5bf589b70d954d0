import { once } from "node:events";
import { decodeJwt } from "jose";
import { WebSocket } from "ws";
import { EVENTS_PATH } from "#contract/events/event-wire.ts";
import { wsTokenOf } from "#tests/testing/event-client.ts";
import { startPostgres } from "#tools/test/postgres-server.ts";
import { startPipitMain, type PipitMain } from "./lib/pipit-main.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { openPerson, PASSWORD, type Person } from "./lib/sign-in-stage.ts";
import { interleave, median, quantile, type Contender } from "./lib/statistics.ts";

const rounds = { warmups: 1, measured: 15 };
const LOGIN = "bench";
const GOAL_CLOSED_MS = 1_000;
const GOAL_SEEN_MS = 2_000;

interface Sample {
  readonly answeredMs: number;
  readonly closedMs: number;
  readonly seenMs: number;
}

/**
 * One device ends the session of another: until the other's socket is closed, and until its client is signed out. Once
 * with both at one server, once at two servers that share nothing but their PostgreSQL; beside it how long the request
 * that ends the session takes.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using postgres = await startPostgres(signal);
  const env = {
    PIPIT_DATABASE_URL: postgres.url,
    PIPIT_MASTER_KEY: Buffer.alloc(32, 11).toString("base64"),
    OLLAMA_HOST: "http://127.0.0.1:9",
  };
  await using here = await startPipitMain(env, signal);
  await using there = await startPipitMain(env, signal);
  await using ender = await openPerson(here);
  await ender.session.register({ login: LOGIN, password: PASSWORD, displayName: "" }, signal);
  const contenders: readonly Contender<Sample>[] = [
    { name: "one-server", measure: () => endOne(ender, here, signal) },
    { name: "two-servers", measure: () => endOne(ender, there, signal) },
  ];
  const samples = await interleave(contenders, rounds, signal);
  return contenders.flatMap(({ name }) => {
    const all = samples.get(name) ?? [];
    const baseline = median(all.map(({ answeredMs }) => answeredMs));
    const compared = { unit: "ms", baseline, baselineName: "the request that ends it" };
    const p95 = (of: keyof Sample): number =>
      quantile(
        all.map((sample) => sample[of]),
        0.95,
      );
    return [
      toResult({
        name: `sign-out-told.${name}.closed.p95`,
        value: p95("closedMs"),
        goal: { of: "value", atMost: GOAL_CLOSED_MS },
        ...compared,
      }),
      toResult({
        name: `sign-out-told.${name}.seen.p95`,
        value: p95("seenMs"),
        goal: { of: "value", atMost: GOAL_SEEN_MS },
        ...compared,
      }),
    ];
  });
}

async function endOne(ender: Person, at: PipitMain, signal: AbortSignal): Promise<Sample> {
  await using other = await openPerson(at);
  await other.signInBy((session) => session.signInWithPassword({ login: LOGIN, password: PASSWORD }, signal));
  const { token = "" } = await other.session.attach(new Headers(), signal);
  // First the client's own: it takes the same steps, and is open when the one after it is.
  other.listen();
  const socket = await openSocket(at.httpUrl, token);
  const closed = once(socket, "close").then(() => performance.now());
  const seen = new Promise<number>((resolve) => {
    other.session.store.subscribe(({ kind }) => kind === "signed-out" && resolve(performance.now()));
  });
  const path = `/oauth/sessions/${String(decodeJwt(token)["sid"])}`;
  const startedMs = performance.now();
  const { status } = await ender.api.request({ method: "DELETE", path }, signal);
  if (status !== 200) throw new Error(`Not ended: ${status}`);
  const answeredMs = performance.now() - startedMs;
  const [closedAtMs, seenAtMs] = await Promise.all([closed, seen]);
  return { answeredMs, closedMs: closedAtMs - startedMs, seenMs: seenAtMs - startedMs };
}

/** Open as soon as its first message is here. */
async function openSocket(httpUrl: string, accessToken: string): Promise<WebSocket> {
  const authorization = `Bearer ${await wsTokenOf(httpUrl, accessToken)}`;
  const socket = new WebSocket(`${httpUrl}${EVENTS_PATH}`, { headers: { authorization } });
  await once(socket, "message", { signal: AbortSignal.timeout(10_000) });
  return socket;
}
