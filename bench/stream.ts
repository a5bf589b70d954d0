import { join } from "node:path";
import { floodPrompt } from "./lib/bench-model.ts";
import { startProgram } from "./lib/child-program.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, median, type Contender } from "./lib/statistics.ts";
import { createStreamClient, type StreamClient } from "./lib/stream-client.ts";

/**
 * An answer ends at 1 Mi characters, so big messages come in more and shorter streams. Only the first `counted`
 * messages are timed: the rest may still wait in the buffers between the processes while the server stores the answer,
 * which costs once per answer and not per message.
 */
const shapes = [
  { label: "64B", sizeBytes: 64, messages: 12_000, counted: 8_000, streams: 5 },
  { label: "1KB", sizeBytes: 1_024, messages: 1_000, counted: 400, streams: 30 },
  { label: "4KB", sizeBytes: 4_096, messages: 250, counted: 100, streams: 60 },
] as const;
type Shape = (typeof shapes)[number];

const rounds = { warmups: 1, measured: 5 };

/**
 * Messages per second of one server stream, through our interceptors, turn life and storage, against a bare grpc-js
 * server with the same client and generated code. Each server has a process of its own.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  const file = (name: string): string => join(import.meta.dirname, "lib", name);
  await using pipit = await startProgram(file("pipit-server-program.ts"), signal);
  await using bare = await startProgram(file("bare-grpc-server-program.ts"), signal);
  using ourClient = createStreamClient(pipit);
  using bareClient = createStreamClient(bare);
  const results: BenchResult[] = [];
  for (const shape of shapes) {
    const contenders: readonly Contender[] = [
      { name: "pipit", measure: (inner) => messagesPerSecond(ourClient, shape, inner) },
      { name: "bare", measure: (inner) => messagesPerSecond(bareClient, shape, inner) },
    ];
    const samples = await interleave(contenders, rounds, signal);
    results.push(
      toResult({
        name: `stream.${shape.label}`,
        unit: "messages/s",
        value: median(samples.get("pipit") ?? []),
        baseline: median(samples.get("bare") ?? []),
        baselineName: "bare grpc-js server",
        goal: { of: "ratio", atLeast: 0.7 },
      }),
    );
  }
  return results;
}

/** Of the median stream; they come one after the other. */
async function messagesPerSecond(client: StreamClient, shape: Shape, signal: AbortSignal): Promise<number> {
  const rates: number[] = [];
  for (let index = 0; index < shape.streams; index += 1) {
    let messages = 0;
    let firstMs = 0;
    let lastMs = 0;
    const onText = (text: string): void => {
      if (text.length !== shape.sizeBytes) throw new Error(`A message of ${text.length} characters came.`);
      messages += 1;
      if (messages === 1) firstMs = performance.now();
      if (messages === shape.counted) lastMs = performance.now();
    };
    await client.stream(floodPrompt(shape.messages, shape.sizeBytes), onText, signal);
    if (messages !== shape.messages) throw new Error(`${messages} of ${shape.messages} messages came.`);
    rates.push((shape.counted - 1) / ((lastMs - firstMs) / 1_000));
  }
  return median(rates);
}
