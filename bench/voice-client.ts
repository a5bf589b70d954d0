import { randomUUID } from "node:crypto";
import type { AskServer } from "#engine/ports.ts";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { startSpeechServer } from "#tests/doubles/speech-server.ts";
import { signIn } from "#tests/integration/start-test-server.ts";
import { startPipitMain } from "./lib/pipit-main.ts";
import { openWire } from "./lib/wire.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { quantile } from "./lib/statistics.ts";

const sentence = "The weather in Paris is mild today, with a little sun in the afternoon. ";
const warmups = 3;
const samples = 20;
const localGoal = { of: "value", atMost: 300 } as const;

/**
 * From the text that ends the first sentence, as the client gets it, to the first audio byte at the client: a real
 * server process, gRPC and speech per kind of voice. `bench/voice.ts` has the same without the wire.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using speech = await startSpeechServer();
  const system = await measure("system", {}, signal);
  // Without PATH there is no system voice, and the built-in one speaks.
  const builtIn = await measure("flite", { PATH: "/nonexistent" }, signal);
  const network = await measure("network", { PIPIT_SPEECH_URL: speech.url }, signal);
  return [...system, ...builtIn, ...network];
}

async function measure(
  voice: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly BenchResult[]> {
  await using model = await startOpenAiDouble(stream(say(sentence, "And ", "more.")));
  await using server = await startPipitMain(
    { PIPIT_MODEL_URL: model.url, PIPIT_TITLES: "0", PIPIT_MEMORIES: "0", PIPIT_MODEL: "double", ...env },
    signal,
  );
  const { accessToken } = await signIn(server.httpUrl, server.dataDir);
  using wire = openWire(server.grpcUrl, accessToken);
  const times: number[] = [];
  for (let index = 0; index < warmups + samples; index += 1) {
    const ms = await firstSoundMs(wire.ask, signal);
    if (index >= warmups) times.push(ms);
  }
  return [0.5, 0.95].map((share) =>
    toResult({
      name: `voice-client.${voice}.p${share * 100}`,
      unit: "ms",
      value: quantile(times, share),
      ...(share === 0.5 && voice !== "network" ? { goal: localGoal } : {}),
    }),
  );
}

/** Leaves the stream at its first sound, which cancels it. */
async function firstSoundMs(askServer: AskServer, signal: AbortSignal): Promise<number> {
  const call = {
    prompt: "How is the weather?",
    clientMessageId: randomUUID(),
    hardwareId: "bench",
    speak: true,
    locale: "en",
  };
  let sentenceAtMs: number | undefined;
  for await (const event of askServer(call, signal)) {
    if (event.type === "text") sentenceAtMs ??= performance.now();
    if (event.type === "audio") return performance.now() - (sentenceAtMs ?? Number.NaN);
  }
  throw new Error("The answer was not spoken.");
}
