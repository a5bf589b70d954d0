import { Readable } from "node:stream";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { PostReply } from "#server/domain/assistant/models/wire/http-post.ts";
import { createModelFetch } from "#server/domain/assistant/models/wire/model-fetch.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, median, type Contender } from "./lib/statistics.ts";

const rounds = { warmups: 6, measured: 40, budgetMs: 90_000 };
const chunks = 4_000;
/** As OpenAI sends them, one in a packet; the answer has Markdown and some letters that are not ASCII. */
const packets = [
  ...Array.from({ length: chunks }, (_, at) =>
    chunkOf({ content: at % 7 === 0 ? " **fjord**,\n" : " слово" }, null),
  ),
  chunkOf({}, "stop"),
  "data: [DONE]\n\n",
].map((text) => Buffer.from(text));

/**
 * What the normaliser costs for each chunk of a streamed answer: processor time of the whole process, with it and
 * without it, both read to their end by the same SDK from memory.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  const contenders: readonly Contender[] = [
    { name: "alone", measure: contender(async () => new Response(bodyOf(), { headers: eventStream })) },
    { name: "normalised", measure: contender(createModelFetch({ silenceMs: 60_000, post })) },
  ];
  const samples = await interleave(contenders, rounds, signal);
  const alone = median(samples.get("alone") ?? []);
  const normalised = median(samples.get("normalised") ?? []);
  const common = { unit: "us/chunk", baseline: alone, baselineName: "SDK alone" } as const;
  return [
    toResult({ name: "normaliser.whole", value: normalised, ...common }),
    toResult({
      name: "normaliser.added",
      value: normalised - alone,
      ...common,
      goal: { of: "value", atMost: 5 },
    }),
  ];
}

const eventStream = { "content-type": "text/event-stream" };

function chunkOf(delta: object, finish: string | null): string {
  const choice = { index: 0, delta, logprobs: null, finish_reason: finish };
  const envelope = { id: "chatcmpl-Ca3q6j8NlTmm9h34TBbwr3wjgO47kWpz", object: "chat.completion.chunk" };
  return `data: ${JSON.stringify({ ...envelope, created: 1_758_108_431, model: "gpt-4o-mini-2024-07-18", service_tier: "default", system_fingerprint: "fp_560af6e559", choices: [choice] })}\n\n`;
}

/** As undici gives a body: a stream that is pulled, one packet a time. */
function bodyOf(): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      const packet = packets[next];
      next += 1;
      if (packet === undefined) controller.close();
      else controller.enqueue(packet);
    },
  });
}

async function post(): Promise<PostReply> {
  return Object.assign(Readable.from(packets, { objectMode: true }), {
    statusCode: 200,
    headers: eventStream,
  });
}

/** Reads a whole answer; resolves to the processor time of a chunk, in microseconds. */
function contender(fetch: typeof globalThis.fetch): () => Promise<number> {
  const provider = createOpenAICompatible({ name: "bench", baseURL: "http://bench.invalid/v1", fetch });
  const model = provider.chatModel("bench");
  return async () => {
    const before = process.cpuUsage();
    const { stream } = await model.doStream({
      prompt: [{ role: "user", content: [{ type: "text", text: "?" }] }],
    });
    let said = 0;
    for await (const part of stream) if (part.type === "text-delta") said += 1;
    if (said !== chunks) throw new Error(`${said} of ${chunks} chunks came.`);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / chunks;
  };
}
