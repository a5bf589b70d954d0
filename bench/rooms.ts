import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { MessageSchema } from "#proto/messaging_pb.ts";
import { openMessaging, type MessagingWire } from "#tests/testing/messaging-wire.ts";
import { startProgram, type ChildProgram, type ProgramReady } from "./lib/child-program.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { quantile } from "./lib/statistics.ts";

/** Each reader has a connection of its own, as people have. */
const sizes = (process.env["PIPIT_BENCH_READERS"] ?? "1000,5000").split(",").map(Number);
const warmups = 5;
const messages = 20;
/** Between two messages, so that each goes out alone. */
const restMs = 50;
/** Nothing is said for so long: what the readers cost by being there. */
const silentMs = 4_000;
const text = "A message of some words, as people write them to each other.";

interface Fan {
  /** Without what the readers cost meanwhile by being there. */
  readonly cpuMsPerMessage: number;
  /** Of a second in which nothing is said. */
  readonly silentCpuMs: number;
  /** From the sending until the last reader has it. */
  readonly p99Ms: number;
  readonly kilobytesPerReader: number;
}

/**
 * One message to all readers of a room, in a server process of its own, with sign-in, limits and storage, against grpc-js
 * that writes ready bytes to all its streams. Processor time is the server's, all its threads.
 */
export async function* run(signal: AbortSignal): AsyncGenerator<BenchResult, void, void> {
  for (const size of sizes) {
    const bare = await measure("bare-fan-out-program.ts", size, signal);
    const pipit = await measure("pipit-server-program.ts", size, signal);
    const figure = { baselineName: "bare grpc-js server" };
    yield toResult({
      ...figure,
      name: `rooms.${size}.cpu-per-delivery`,
      unit: "us",
      value: (pipit.cpuMsPerMessage * 1_000) / size,
      baseline: (bare.cpuMsPerMessage * 1_000) / size,
      goal: { of: "ratio", atMost: 0.2 },
    });
    yield toResult({
      ...figure,
      name: `rooms.${size}.cpu-per-message`,
      unit: "ms",
      value: pipit.cpuMsPerMessage,
      baseline: bare.cpuMsPerMessage,
      goal: { of: "value", atMost: 100 },
    });
    yield toResult({
      ...figure,
      name: `rooms.${size}.to-all-p99`,
      unit: "ms",
      value: pipit.p99Ms,
      baseline: bare.p99Ms,
      goal: { of: "value", atMost: 250 },
    });
    yield toResult({
      ...figure,
      name: `rooms.${size}.silent-cpu-per-second`,
      unit: "ms",
      value: pipit.silentCpuMs,
      baseline: bare.silentCpuMs,
    });
    yield toResult({
      ...figure,
      name: `rooms.${size}.memory`,
      unit: "KB/reader",
      value: pipit.kilobytesPerReader,
      baseline: bare.kilobytesPerReader,
      goal: { of: "ratio", atMost: 1.2 },
    });
  }
}

async function measure(program: string, size: number, signal: AbortSignal): Promise<Fan> {
  await using server = await startProgram(join(import.meta.dirname, "lib", program), signal);
  using sender = openMessaging(server);
  // What is loaded and compiled by the first ones belongs to the server, not to a reader.
  const first = await openReaders(server, 20, signal);
  await say(sender);
  first[Symbol.dispose]();
  const idle = await server.memory();
  using readers = await openReaders(server, size, signal);
  const toAllMs: number[] = [];
  const send = async (): Promise<void> => {
    const all = readers.next(signal);
    const beganMs = performance.now();
    await Promise.all([say(sender), all]);
    toAllMs.push(performance.now() - beganMs);
    await sleep(restMs, undefined, { signal });
  };
  for (let at = 0; at < warmups; at += 1) await send();
  toAllMs.length = 0;
  const silent = await costOf(server, () => sleep(silentMs, undefined, { signal }));
  const silentShare = silent.cpuMs / silent.tookMs;
  const talk = await costOf(server, async () => {
    for (let at = 0; at < messages; at += 1) await send();
  });
  const busy = await server.memory();
  return {
    cpuMsPerMessage: (talk.cpuMs - silentShare * talk.tookMs) / messages,
    silentCpuMs: silentShare * 1_000,
    p99Ms: quantile(toAllMs, 0.99),
    kilobytesPerReader: (busy.residentBytes - idle.residentBytes) / 1_024 / size,
  };
}

async function costOf(server: Pick<ChildProgram, "usage">, doing: () => Promise<unknown>) {
  const before = await server.usage();
  const beganMs = performance.now();
  await doing();
  const tookMs = performance.now() - beganMs;
  return { cpuMs: (await server.usage()).cpuMs - before.cpuMs, tookMs };
}

const message = toBinary(MessageSchema, create(MessageSchema, { text }));

/** Resolves when the message is stored. */
function say(wire: MessagingWire): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = wire.call("sendMessage", message);
    stream.once("error", reject);
    stream.once("trailers", ({ "grpc-status": status }) =>
      status === "0" ? resolve() : reject(new Error(`The message was refused: ${String(status)}.`)),
    );
    stream.resume();
  });
}

/** Resolves when the server has sent the headers to each. */
async function openReaders(server: ProgramReady, count: number, signal: AbortSignal) {
  using opening = new DisposableStack();
  let missing = 0;
  let done: (() => void) | undefined;
  for (let at = 0; at < count; at += 1) {
    signal.throwIfAborted();
    const { stream, begun } = await opening.use(openMessaging(server)).follow();
    const { "grpc-status": status } = begun;
    if (status !== undefined) throw new Error(`A reader was refused: ${String(status)}.`);
    // A message is far shorter than a frame of HTTP/2, and none is sent before all have the last one.
    stream.on("data", (piece: Buffer) => {
      if (piece.length > 0 && --missing === 0) done?.();
    });
  }
  const owned = opening.move();
  return {
    /** Resolves when all have the next message. */
    next: (inner: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        missing = count;
        done = resolve;
        inner.addEventListener("abort", () => reject(inner.reason as Error), { once: true });
      }),
    [Symbol.dispose]: () => owned.dispose(),
  };
}
