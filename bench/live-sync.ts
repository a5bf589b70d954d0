import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { MessageSchema } from "#proto/messaging_pb.ts";
import { openEvents, wsTokenOf, type EventClient } from "#tests/testing/event-client.ts";
import { openMessaging } from "#tests/testing/messaging-wire.ts";
import { startPostgres } from "#tools/test/postgres-server.ts";
import { startRedis } from "#tools/test/redis-server.ts";
import { startProgram, type ProgramReady } from "./lib/child-program.ts";
import { startPipitMain, type PipitMain } from "./lib/pipit-main.ts";
import { usageOf } from "./lib/process-usage.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { median, quantile } from "./lib/statistics.ts";

const SOCKETS = Number(process.env["PIPIT_BENCH_SOCKETS"] ?? "1000");
const ACCOUNTS = Number(process.env["PIPIT_BENCH_ACCOUNTS"] ?? "50");
const warmups = 5;
const rounds = 30;
/** Between two changes, so that each is told alone. */
const REST_MS = 50;
/** Nothing is told for so long: what sockets cost by being there. */
const SILENT_MS = 4_000;
/** A message that has not come by then never does. */
const COMES_WITHIN_MS = 30_000;
const PASSWORD = "Correct-horse-1";
const GOAL_TOLD_MS = 300;
const SOCKET_MAX_KB = 12;
const HOP_MAX_MS = 2;

type Server = ProgramReady & { readonly httpUrl: string };

/** Sockets for events beside bare `ws` in the same run, and what a second server with Redis between the two adds. */
export async function* run(signal: AbortSignal): AsyncGenerator<BenchResult, void, void> {
  const bare = await tellAll("bare-socket-program.ts", signal);
  const pipit = await tellAll("pipit-server-program.ts", signal);
  const beside = { baselineName: "bare ws" };
  yield toResult({
    name: "live-sync.memory-per-socket",
    unit: "KB",
    value: pipit.kilobytesPerSocket,
    baseline: bare.kilobytesPerSocket,
    goal: { of: "value", atMost: SOCKET_MAX_KB },
    ...beside,
  });
  yield toResult({
    name: "live-sync.reachable-per-socket",
    unit: "KB",
    value: pipit.reachablePerSocket,
    baseline: bare.reachablePerSocket,
    ...beside,
  });
  yield toResult({
    name: `live-sync.${SOCKETS}-of-one-account.cpu`,
    unit: "us/socket",
    value: pipit.cpuUsPerSocket,
    baseline: bare.cpuUsPerSocket,
    ...beside,
  });
  yield toResult({
    name: `live-sync.${SOCKETS}-of-one-account.to-all-p99`,
    unit: "ms",
    value: pipit.p99Ms,
    baseline: bare.p99Ms,
    goal: { of: "value", atMost: GOAL_TOLD_MS },
    ...beside,
  });
  yield toResult({
    name: `live-sync.${SOCKETS}-silent.cpu-per-second`,
    unit: "us/socket",
    value: pipit.silentCpuUsPerSocket,
    baseline: bare.silentCpuUsPerSocket,
    ...beside,
  });
  yield* twoServers(signal);
}

async function tellAll(program: string, signal: AbortSignal) {
  await using server = await startProgram<Server>(join(import.meta.dirname, "lib", program), signal);
  const path = "/v1/chats";
  const chat = await ask(server.httpUrl, "POST", path, { title: "First" }, server.accessToken);
  const rename = (title: string) =>
    ask(server.httpUrl, "PUT", `${path}/${String(chat["id"])}`, { title }, server.accessToken);
  {
    // What is loaded, compiled, and kept free for new objects by those who come and go belongs to the server.
    await using first = await openSockets(server, Math.ceil(SOCKETS / 2));
    await Promise.all([rename("Second"), first.told()]);
  }
  const idle = await server.memory();
  const rest = () => costOf(server, () => sleep(SILENT_MS, undefined, { signal }));
  const alone = await rest();
  await using sockets = await openSockets(server, SOCKETS);
  const busy = await server.memory();
  const silent = await rest();
  const toAllMs: number[] = [];
  const tell = async (round: number): Promise<void> => {
    signal.throwIfAborted();
    const beganMs = performance.now();
    await Promise.all([rename(`Title ${round}`), sockets.told()]);
    toAllMs.push(performance.now() - beganMs);
    await sleep(REST_MS, undefined, { signal });
  };
  for (let round = 0; round < warmups; round += 1) await tell(-round);
  toAllMs.length = 0;
  const talk = await costOf(server, async () => {
    for (let round = 1; round <= rounds; round += 1) await tell(round);
  });
  const silentShare = silent.cpuMs / silent.tookMs;
  return {
    kilobytesPerSocket: (busy.residentBytes - idle.residentBytes) / 1_024 / SOCKETS,
    reachablePerSocket: (busy.liveBytes - idle.liveBytes) / 1_024 / SOCKETS,
    cpuUsPerSocket: (1_000 * (talk.cpuMs - silentShare * talk.tookMs)) / rounds / SOCKETS,
    // Less than nothing is noise.
    silentCpuUsPerSocket: Math.max(0, (1_000_000 * (silentShare - alone.cpuMs / alone.tookMs)) / SOCKETS),
    p99Ms: quantile(toAllMs, 0.99),
  };
}

/** A chat of each of many accounts is renamed, and a message said in the common room, told at the same server and at another. */
async function* twoServers(signal: AbortSignal): AsyncGenerator<BenchResult, void, void> {
  await using postgres = await startPostgres(signal);
  await using redis = await startRedis(signal);
  const env = {
    PIPIT_DATABASE_URL: postgres.url,
    PIPIT_REDIS_URL: redis.url,
    PIPIT_MASTER_KEY: Buffer.alloc(32, 11).toString("base64"),
    PIPIT_ROOM_MESSAGES_PER_MINUTE: "100000",
    OLLAMA_HOST: "http://127.0.0.1:9",
  };
  await using here = await startPipitMain(env, signal);
  await using there = await startPipitMain(env, signal);
  const people: { token: string; chat: string; near: EventClient; far: EventClient }[] = [];
  await using listeners = new AsyncDisposableStack();
  for (let at = 0; at < ACCOUNTS; at += 1) {
    const account = { login: `bench${at}`, password: PASSWORD, client_id: CLI_CLIENT_ID };
    const { access_token } = await ask(here.httpUrl, "POST", "/auth/register", account);
    const token = String(access_token);
    const { id } = await ask(here.httpUrl, "POST", "/v1/chats", { title: "First" }, token);
    const near = listeners.use(await listen(here.httpUrl, token));
    const far = listeners.use(await listen(there.httpUrl, token));
    people.push({ token, chat: String(id), near, far });
  }
  const samples: Told[] = [];
  const answeredMs: number[] = [];
  const renameAll = async (title: string): Promise<void> => {
    for (const { token, chat, near, far } of people) {
      signal.throwIfAborted();
      const since = performance.now();
      const [answered, nearMs, farMs] = await Promise.all([
        ask(here.httpUrl, "PUT", `/v1/chats/${chat}`, { title }, token).then(() => performance.now() - since),
        nextEvent(near).then(() => performance.now() - since),
        nextEvent(far).then(() => performance.now() - since),
      ]);
      answeredMs.push(answered);
      samples.push({ nearMs, farMs });
    }
  };
  // For what is loaded and compiled then.
  await renameAll("Second");
  samples.length = answeredMs.length = 0;
  const turns = Math.ceil((10 * rounds) / ACCOUNTS);
  const [nearCpuMs, farCpuMs] = await costAtEach([here, there], async () => {
    for (let turn = 1; turn <= turns; turn += 1) await renameAll(`Title ${turn}`);
  });
  const costs = { unit: "ms", baseline: farCpuMs / samples.length, baselineName: "at the other server" };
  yield toResult({ name: "live-sync.rename.cpu", value: nearCpuMs / samples.length, ...costs });
  yield* toldResults("live-sync.rename", samples, {
    baseline: median(answeredMs),
    baselineName: "the request itself",
  });
  let said: readonly Told[] = [];
  const [storedCpuMs, readCpuMs] = await costAtEach([here, there], async () => {
    said = await roomSamples(here, there, people[0]?.token ?? "", signal);
  });
  yield toResult({
    name: "rooms.message.cpu",
    unit: "ms",
    value: storedCpuMs / (warmups + said.length),
    baseline: readCpuMs / (warmups + said.length),
    baselineName: "at the other server",
  });
  yield* toldResults("rooms.message", said, {});
}

interface Told {
  /** Until it is told at the server of who did it, and at the other. */
  readonly nearMs: number;
  readonly farMs: number;
}

function* toldResults(
  name: string,
  samples: readonly Told[],
  beside: { readonly baseline?: number; readonly baselineName?: string },
): Generator<BenchResult, void, void> {
  const near = samples.map(({ nearMs }) => nearMs);
  const far = samples.map(({ farMs }) => farMs);
  const goal = { of: "value", atMost: GOAL_TOLD_MS } as const;
  yield toResult({ name: `${name}.same-server.p50`, unit: "ms", value: median(near), ...beside });
  yield toResult({
    name: `${name}.same-server.p99`,
    unit: "ms",
    value: quantile(near, 0.99),
    goal,
    ...beside,
  });
  yield toResult({
    name: `${name}.other-server.p99`,
    unit: "ms",
    value: quantile(far, 0.99),
    goal,
    ...beside,
  });
  yield toResult({
    name: `${name}.other-server.added-p50`,
    unit: "ms",
    value: median(samples.map(({ nearMs, farMs }) => farMs - nearMs)),
    baseline: median(near),
    baselineName: "at the same server",
    goal: { of: "value", atMost: HOP_MAX_MS },
  });
}

/** A message of the common room, with a reader at each server. */
async function roomSamples(
  here: PipitMain,
  there: PipitMain,
  accessToken: string,
  signal: AbortSignal,
): Promise<readonly Told[]> {
  using sender = openMessaging({ ...here, accessToken });
  using nearWire = openMessaging({ ...here, accessToken });
  using farWire = openMessaging({ ...there, accessToken });
  const [near, far] = [await nearWire.follow(), await farWire.follow()];
  const heard = (text: string, { stream }: typeof near) =>
    new Promise<number>((resolve) => {
      const look = (piece: Buffer): void => {
        if (piece.length < 5 || fromBinary(MessageSchema, piece.subarray(5)).text !== text) return;
        stream.off("data", look);
        resolve(performance.now());
      };
      stream.on("data", look);
    });
  const samples: Told[] = [];
  for (let round = -warmups; round < 10 * rounds; round += 1) {
    signal.throwIfAborted();
    const text = `Message ${round}`;
    const since = performance.now();
    const told = Promise.all([heard(text, near), heard(text, far)]);
    sender.call("sendMessage", toBinary(MessageSchema, create(MessageSchema, { text }))).resume();
    const [nearAt, farAt] = await inTime(told);
    if (round >= 0) samples.push({ nearMs: nearAt - since, farMs: farAt - since });
    await sleep(REST_MS / 5, undefined, { signal });
  }
  return samples;
}

async function costOf(server: { usage(): Promise<{ cpuMs: number }> }, doing: () => Promise<unknown>) {
  const before = await server.usage();
  const beganMs = performance.now();
  await doing();
  return { cpuMs: (await server.usage()).cpuMs - before.cpuMs, tookMs: performance.now() - beganMs };
}

/** Processor time of two servers meanwhile, in ms. */
async function costAtEach([near, far]: readonly [PipitMain, PipitMain], doing: () => Promise<unknown>) {
  const before = [await usageOf(near.pid), await usageOf(far.pid)] as const;
  await doing();
  const [nearAfter, farAfter] = [await usageOf(near.pid), await usageOf(far.pid)];
  return [nearAfter.cpuMs - before[0].cpuMs, farAfter.cpuMs - before[1].cpuMs] as const;
}

async function openSockets({ httpUrl, accessToken }: Server, count: number) {
  await using opening = new AsyncDisposableStack();
  const sockets: EventClient[] = [];
  for (let at = 0; at < count; at += 1) sockets.push(opening.use(await listen(httpUrl, accessToken)));
  const owned = opening.move();
  return {
    /** Resolves when each was told of the next change. */
    told: () => Promise.all(sockets.map((socket) => nextEvent(socket))),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Has heard all there is. @param token absent: of a server that asks nobody who they are */
async function listen(httpUrl: string, token: string | undefined): Promise<EventClient> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${await wsTokenOf(httpUrl, token)}` };
  const events = await openEvents(httpUrl, headers);
  await inTime(events.next());
  return events;
}

async function nextEvent(events: EventClient): Promise<void> {
  while ((await inTime(events.next()))["type"] !== "event");
}

async function ask(
  httpUrl: string,
  method: string,
  path: string,
  body: object,
  token?: string,
): Promise<Readonly<Record<string, unknown>>> {
  const headers = {
    "content-type": "application/json",
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const answer = await fetch(httpUrl + path, { method, headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

/** A bench that waits for what never comes ends with an error. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Nothing came in ${COMES_WITHIN_MS} ms.`)), COMES_WITHIN_MS);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
