import { spawn } from "node:child_process";
import { once } from "node:events";
import { AUDIO_PIECE_BYTES, SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import { openSpeaker } from "#engine/node/audio/speaker.ts";
import { environmentWithout } from "#engine/node/testing/config.ts";
import { measureTone, recordSink, sine, type SinkRecorder } from "#engine/node/testing/sink-recorder.ts";
import type { Speaker } from "#engine/ports.ts";
import { startServices } from "#tools/test/services.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { quantile } from "./lib/statistics.ts";

const playbackMs = 60_000;
const stops = 15;
/** As in the sound process (engine/node/audio/speaker-process.ts), so that both have the same time to be late. */
const deviceBufferMs = 50;
/** Louder than the recorder's idea of silence. */
const audible = 1_000;

/** A minute of sound without gaps, and how long a stop takes to be heard, recorded from a null sink's monitor. */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await using services = await startServices(["sound"], signal);
  const environment = { ...environmentWithout(), ...services.env };
  const nothing = (): void => undefined;
  const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  await using speaker = await openSpeaker({ logger, child: { environment } });
  const write = (pcm: Uint8Array): Promise<void> => playThroughSpeaker(speaker, pcm, signal);
  const tone = await playMinute(write, environment, signal);
  const paplay = await playMinute((pcm) => playThroughPaplay(pcm, environment, signal), environment, signal);
  const stopMs: number[] = [];
  for (let index = 0; index < stops; index += 1)
    stopMs.push(await stopToSilenceMs(speaker, environment, signal));
  return [
    toResult({
      name: "playback.gaps-over-5ms",
      unit: "gaps/min",
      value: tone.gapsMs.length,
      baseline: paplay.gapsMs.length,
      baselineName: `paplay with ${deviceBufferMs} ms`,
      goal: { of: "value", atMost: 0 },
    }),
    toResult({
      name: "playback.length",
      unit: "ms",
      value: tone.durationMs,
      baseline: playbackMs,
      baselineName: "length of what was written",
      goal: { of: "ratio", atLeast: 0.999, atMost: 1.001 },
    }),
    toResult({ name: "playback.stop-to-silence.p50", unit: "ms", value: quantile(stopMs, 0.5) }),
    toResult({
      name: "playback.stop-to-silence.max",
      unit: "ms",
      value: Math.max(...stopMs),
      goal: { of: "value", atMost: 120 },
    }),
  ];
}

type Environment = Readonly<Record<string, string>>;

async function playMinute(
  play: (pcm: Uint8Array) => Promise<void>,
  environment: Environment,
  signal: AbortSignal,
): Promise<ReturnType<typeof measureTone>> {
  await using recorder = await recordSink(signal, environment);
  await play(sine(440, playbackMs));
  await recorder.untilQuiet(signal);
  return measureTone(recorder.samples());
}

async function playThroughSpeaker(speaker: Speaker, pcm: Uint8Array, signal: AbortSignal): Promise<void> {
  for (let at = 0; at < pcm.byteLength; at += AUDIO_PIECE_BYTES) {
    signal.throwIfAborted();
    await speaker.write(pcm.subarray(at, at + AUDIO_PIECE_BYTES));
  }
  await speaker.drain(signal);
}

async function playThroughPaplay(
  pcm: Uint8Array,
  environment: Environment,
  signal: AbortSignal,
): Promise<void> {
  const format = ["--raw", "--format=s16le", `--rate=${SAMPLE_RATE_HZ}`, "--channels=1"];
  const child = spawn("paplay", [...format, `--latency-msec=${deviceBufferMs}`], {
    stdio: ["pipe", "ignore", "inherit"],
    env: { ...environment },
    signal,
  });
  const closed = once(child, "close");
  child.stdin.end(pcm);
  const [code] = (await closed) as [number | null];
  if (code !== 0) throw new Error("paplay could not play.");
}

/** The recording's own delay is part of the figure, so the truth is a little better. */
async function stopToSilenceMs(
  speaker: Speaker,
  environment: Environment,
  signal: AbortSignal,
): Promise<number> {
  await using recorder: SinkRecorder = await recordSink(signal, environment);
  await speaker.write(sine(440, 1_500));
  await recorder.until((samples) => samples.some((sample) => Math.abs(sample) > audible), signal);
  const stoppedAtMs = performance.now();
  await speaker.stop();
  await recorder.until(() => performance.now() - (recorder.lastLoudAtMs() ?? 0) > 200, signal);
  return Math.max(0, (recorder.lastLoudAtMs() ?? 0) - stoppedAtMs);
}
