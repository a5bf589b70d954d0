import { randomUUID } from "node:crypto";
import type { AskServer } from "#engine/ports.ts";
import { signIn } from "#tests/integration/start-test-server.ts";
import { startModelProgram, startPipitMain, type ModelProgram } from "./lib/pipit-main.ts";
import { openWire } from "./lib/wire.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { median, quantile } from "./lib/statistics.ts";

/** Turns of the long chat. */
const longChatTurns = 1_000;
const warmups = 30;
const samples = 150;

/** One question as the client saw it. */
interface Sample {
  readonly prompt: string;
  readonly firstTextMs: number;
}
interface Asked extends Sample {
  readonly chatId: string;
}

/**
 * From the client's `send` to its first text event, minus what the model itself needed: everything that is ours, i.e.
 * the engine's transport, sign-in check, turn, context, model client and both wires. Server, model and client are three processes.
 * Measured in chats that are empty and, in turns with them, at the end of a chat of 1,000 turns. The baseline is the same question put to
 * the model directly by HTTP.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using model = await startModelProgram(["--tokens", "4", "--size", "16"], signal);
  await using server = await startPipitMain(
    { PIPIT_MODEL_URL: model.url, PIPIT_TITLES: "0", PIPIT_MEMORIES: "0", PIPIT_MODEL: "double" },
    signal,
  );
  const { accessToken } = await signIn(server.httpUrl, server.dataDir);
  using wire = openWire(server.grpcUrl, accessToken);
  const longChat = await fillChat(wire.ask, signal);
  for (let index = 0; index < warmups; index += 1) await ask(wire.ask, undefined, signal);

  const direct: Sample[] = [];
  const empty: Asked[] = [];
  const long: Asked[] = [];
  for (let index = 0; index < samples; index += 1) {
    direct.push(await askDirectly(model.url, signal));
    empty.push(await ask(wire.ask, undefined, signal));
    long.push(await ask(wire.ask, longChat, signal));
  }
  return figures(await ownShare(empty, model), await ownShare(long, model), await ownShare(direct, model));
}

function figures(
  emptyMs: readonly number[],
  longMs: readonly number[],
  directMs: readonly number[],
): readonly BenchResult[] {
  return [
    toResult({
      name: "first-token.p50",
      unit: "ms",
      value: median(emptyMs),
      baseline: median(directMs),
      baselineName: "the model asked directly",
      goal: { of: "value", atMost: 5 },
    }),
    toResult({
      name: "first-token.p95",
      unit: "ms",
      value: quantile(emptyMs, 0.95),
      baseline: quantile(directMs, 0.95),
      baselineName: "the model asked directly",
      goal: { of: "value", atMost: 15 },
    }),
    toResult({
      name: `first-token.${longChatTurns}-turns.p50`,
      unit: "ms",
      value: median(longMs),
      baseline: median(emptyMs),
      baselineName: "empty chat",
      goal: { of: "ratio", atMost: 1.2 },
    }),
  ];
}

/** What is left of each sample without the model's own time. */
async function ownShare(asked: readonly Sample[], model: ModelProgram): Promise<readonly number[]> {
  const modelMs = await model.firstTokenMs();
  return asked.map((one) => one.firstTextMs - (modelMs.get(one.prompt) ?? Number.NaN));
}

async function fillChat(askServer: AskServer, signal: AbortSignal): Promise<string> {
  const { chatId } = await ask(askServer, undefined, signal);
  for (let index = 1; index < longChatTurns; index += 1) await ask(askServer, chatId, signal);
  return chatId;
}

/** The least that can ask: one POST, until the first bytes of the stream are here. */
async function askDirectly(modelUrl: string, signal: AbortSignal): Promise<Sample> {
  const prompt = `What is known about ${randomUUID()}?`;
  const body = JSON.stringify({
    model: "double",
    stream: true,
    messages: [{ role: "user", content: prompt }],
  });
  const headers = { "content-type": "application/json" };
  const startedMs = performance.now();
  const response = await fetch(`${modelUrl}/chat/completions`, { method: "POST", headers, body, signal });
  if (response.body === null) throw new Error("The model answered without a body.");
  let firstTextMs = Number.NaN;
  for await (const bytes of response.body) {
    if (Number.isNaN(firstTextMs) && bytes.length > 0) firstTextMs = performance.now() - startedMs;
  }
  return { prompt, firstTextMs };
}

async function ask(askServer: AskServer, chatId: string | undefined, signal: AbortSignal): Promise<Asked> {
  // The prompt is the key by which the model's own time is found.
  const prompt = `What is known about ${randomUUID()}?`;
  const call = {
    prompt,
    clientMessageId: randomUUID(),
    hardwareId: "bench",
    speak: false,
    locale: "en",
    ...(chatId === undefined ? {} : { chatId }),
  };
  const startedMs = performance.now();
  let firstTextMs = Number.NaN;
  let namedChat = chatId ?? "";
  for await (const event of askServer(call, signal)) {
    if (event.type === "turn") namedChat = event.chatId;
    if (event.type === "text" && Number.isNaN(firstTextMs)) firstTextMs = performance.now() - startedMs;
  }
  return { prompt, firstTextMs, chatId: namedChat };
}
