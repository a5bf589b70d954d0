import { join } from "node:path";
import { floodPrompt } from "./lib/bench-model.ts";
import { startProgram } from "./lib/child-program.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, median, type Contender } from "./lib/statistics.ts";
import { createStreamClient, type StreamClient } from "./lib/stream-client.ts";

/**
 * Streams as long as an answer may be (8 Mi characters), so that the rate is what the server keeps up and not how fast
 * it fills the first buffers.
 */
const shapes = [
  { label: "64B", sizeBytes: 64, messages: 60_000, streams: 3 },
  { label: "1KB", sizeBytes: 1_024, messages: 8_000, streams: 5 },
  { label: "4KB", sizeBytes: 4_096, messages: 2_000, streams: 9 },
] as const;
/**
 * Share of a stream's messages that are timed: the last ones may still wait in the buffers between the processes while
 * the server stores the answer, which costs once per answer and not per message.
 */
const countedShare = 0.9;
type Shape = (typeof shapes)[number];

const rounds = { warmups: 1, measured: 2 };
/**
 * Each pass has fresh server processes: a process keeps one of two speeds for its whole life (seen with the bare server
 * at 4 KB: 33,000 or 46,000 messages/s), so more rounds of the same two processes would only repeat one throw of a coin.
 */
const passes = 3;

/**
 * Messages per second of one server stream, through our interceptors, turn life and storage, against a bare grpc-js
 * server with the same client and generated code. Each server has a process of its own.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  const rates = new Map(shapes.map((shape) => [shape, { pipit: [] as number[], bare: [] as number[] }]));
  for (let pass = 0; pass < passes; pass += 1) await measurePass(rates, signal);
  return [...rates].map(([shape, { pipit, bare }]) =>
    toResult({
      name: `stream.${shape.label}`,
      unit: "messages/s",
      value: median(pipit),
      baseline: median(bare),
      baselineName: "bare grpc-js server",
      goal: { of: "ratio", atLeast: 0.7 },
    }),
  );
}

type Rates = ReadonlyMap<Shape, { readonly pipit: number[]; readonly bare: number[] }>;

async function measurePass(rates: Rates, signal: AbortSignal): Promise<void> {
  const file = (name: string): string => join(import.meta.dirname, "lib", name);
  await using pipit = await startProgram(file("pipit-server-program.ts"), signal);
  await using bare = await startProgram(file("bare-grpc-server-program.ts"), signal);
  using ourClient = createStreamClient(pipit);
  using bareClient = createStreamClient(bare);
  for (const [shape, found] of rates) {
    const contenders: readonly Contender[] = [
      { name: "pipit", measure: (inner) => messagesPerSecond(ourClient, shape, inner) },
      { name: "bare", measure: (inner) => messagesPerSecond(bareClient, shape, inner) },
    ];
    const samples = await interleave(contenders, rounds, signal);
    found.pipit.push(...(samples.get("pipit") ?? []));
    found.bare.push(...(samples.get("bare") ?? []));
  }
}

/** Rate of the median stream; streams run one after the other. */
async function messagesPerSecond(client: StreamClient, shape: Shape, signal: AbortSignal): Promise<number> {
  const counted = shape.messages * countedShare;
  const rates: number[] = [];
  for (let index = 0; index < shape.streams; index += 1) {
    let messages = 0;
    let firstMs = 0;
    let lastMs = 0;
    const onText = (text: string): void => {
      if (text.length !== shape.sizeBytes) throw new Error(`A message of ${text.length} characters came.`);
      messages += 1;
      if (messages === 1) firstMs = performance.now();
      if (messages === counted) lastMs = performance.now();
    };
    await client.stream(floodPrompt(shape.messages, shape.sizeBytes), onText, signal);
    if (messages !== shape.messages) throw new Error(`${messages} of ${shape.messages} messages came.`);
    rates.push((counted - 1) / ((lastMs - firstMs) / 1_000));
  }
  return median(rates);
}
