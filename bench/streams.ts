import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { epochMs, slowPrompt } from "./lib/bench-model.ts";
import { startProgram, type ProgramMemory } from "./lib/child-program.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { quantile } from "./lib/statistics.ts";
import { createStreamClient, type StreamClient } from "./lib/stream-client.ts";

const sizes = [100, 1_000] as const;
/** Each stream says something this often: a slow model on a busy machine. */
const chunkEveryMs = 500;
/** Streams are opened over this time, as people come. */
const rampMs = 3_000;
/** From the last stream's opening until the delays count. */
const settleMs = 2_000;
const measureMs = 8_000;
const bytesPerKilobyte = 1_024;

/**
 * Growth from the idle to the busy server, each after a full collection. The goal is set for the resident memory: that
 * is what an operator sees and must pay for, though it is not all held by streams. The other two tell why: `live` is
 * what a stream really holds, and `young` is V8's room for new objects, which grows with the rate of allocation to a
 * fixed limit. Resident memory counts the garbage too that was promoted while streams ran: V8 keeps those pages.
 */
interface Load {
  readonly kilobytesPerStream: number;
  readonly liveKilobytesPerStream: number;
  readonly youngKilobytesPerStream: number;
  readonly delayP95Ms: number;
}

/**
 * Many slow streams at once, in a server process of their own: how much memory each holds, and how long a piece takes from the model
 * to the client, both at 100 and at 1,000 streams and against a bare grpc-js server under the same load.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  const loads = new Map<number, { readonly pipit: Load; readonly bare: Load }>();
  for (const size of sizes) {
    const bare = await measureLoad("bare-grpc-server-program.ts", size, signal);
    loads.set(size, { bare, pipit: await measureLoad("pipit-server-program.ts", size, signal) });
  }
  return [...loads].flatMap(([size, { pipit, bare }]) => figures(size, pipit, bare)).concat(growth(loads));
}

function figures(size: number, pipit: Load, bare: Load): readonly BenchResult[] {
  const goals = size === 1_000;
  return [
    toResult({
      name: `streams.${size}.memory`,
      unit: "KB/stream",
      value: pipit.kilobytesPerStream,
      baseline: bare.kilobytesPerStream,
      baselineName: "bare grpc-js server",
      ...(goals ? { goal: { of: "value", atMost: 60 } } : {}),
    }),
    toResult({
      name: `streams.${size}.memory-live`,
      unit: "KB/stream",
      value: pipit.liveKilobytesPerStream,
      baseline: bare.liveKilobytesPerStream,
      baselineName: "bare grpc-js server",
    }),
    toResult({
      name: `streams.${size}.memory-young`,
      unit: "KB/stream",
      value: pipit.youngKilobytesPerStream,
      baseline: bare.youngKilobytesPerStream,
      baselineName: "bare grpc-js server",
    }),
    toResult({
      name: `streams.${size}.delay-p95`,
      unit: "ms",
      value: pipit.delayP95Ms,
      baseline: bare.delayP95Ms,
      baselineName: "bare grpc-js server",
      ...(goals ? { goal: { of: "value", atMost: 20 } } : {}),
    }),
  ];
}

/** How the same figures grow from 100 to 1,000 streams. */
function growth(loads: ReadonlyMap<number, { readonly pipit: Load }>): readonly BenchResult[] {
  const few = loads.get(100)?.pipit;
  const many = loads.get(1_000)?.pipit;
  if (few === undefined || many === undefined) return [];
  const baselineName = "100 streams";
  return [
    toResult({
      name: "streams.growth.memory",
      unit: "KB/stream",
      value: many.kilobytesPerStream,
      baseline: few.kilobytesPerStream,
      baselineName,
    }),
    toResult({
      name: "streams.growth.delay-p95",
      unit: "ms",
      value: many.delayP95Ms,
      baseline: few.delayP95Ms,
      baselineName,
    }),
  ];
}

async function measureLoad(program: string, size: number, signal: AbortSignal): Promise<Load> {
  await using server = await startProgram(join(import.meta.dirname, "lib", program), signal);
  using client = createStreamClient(server);
  // What is loaded and compiled by the first streams belongs to the server, not to a stream.
  await Promise.all(
    Array.from({ length: 20 }, () => client.stream(slowPrompt(4, 50), () => undefined, signal)),
  );
  const idle = await server.memory();

  const stop = new AbortController();
  const delaysMs: number[] = [];
  let counting = false;
  const onText = (text: string): void => {
    const nowMs = epochMs();
    if (counting)
      delaysMs.push(
        ...text
          .trim()
          .split(" ")
          .map((saidAtMs) => nowMs - Number(saidAtMs)),
      );
  };
  const inner = AbortSignal.any([signal, stop.signal]);
  const streams = await openStreams(client, size, onText, inner);
  await sleep(settleMs, undefined, { signal });
  counting = true;
  await sleep(measureMs, undefined, { signal });
  counting = false;
  const busy = await server.memory();
  stop.abort();
  await streams.ended;
  if (delaysMs.length < (size * measureMs) / chunkEveryMs / 2)
    throw new Error("Half of the pieces did not come.");
  const growthOf = (part: keyof ProgramMemory): number => (busy[part] - idle[part]) / bytesPerKilobyte / size;
  return {
    kilobytesPerStream: growthOf("residentBytes"),
    liveKilobytesPerStream: growthOf("liveBytes"),
    youngKilobytesPerStream: growthOf("youngBytes"),
    delayP95Ms: quantile(delaysMs, 0.95),
  };
}

/** Opens the streams one after the other over the ramp; `ended` resolves when all have been cancelled. */
async function openStreams(
  client: StreamClient,
  size: number,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<{ readonly ended: Promise<unknown> }> {
  const prompt = slowPrompt(Math.ceil((rampMs + settleMs + measureMs + 30_000) / chunkEveryMs), chunkEveryMs);
  const streams: Promise<unknown>[] = [];
  for (let index = 0; index < size; index += 1) {
    const stream = client.stream(prompt, onText, signal);
    streams.push(
      stream.catch((error: unknown) => {
        if (!signal.aborted) throw error;
      }),
    );
    if (index % 10 === 9) await sleep((rampMs * 10) / size, undefined, { signal });
  }
  return { ended: Promise.all(streams) };
}
