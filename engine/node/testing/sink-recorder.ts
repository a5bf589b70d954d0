import { spawn } from "node:child_process";
import { once } from "node:events";
import { SAMPLE_RATE_HZ } from "#contract/audio-format.ts";

/** Louder than any dither, far quieter than the tones that we play. */
const LOUD = 300;
/** Longer than any tone that we play is quiet by itself. */
const QUIET_SAMPLES = SAMPLE_RATE_HZ / 1000;
/** A gap that is heard. */
const GAP_MS = 5;

/** What the default sink plays, recorded through its monitor. */
export interface SinkRecorder extends AsyncDisposable {
  /** Everything heard until now. */
  samples(): Int16Array;
  /** Resolves at the next piece of the recording for which `done` is true. */
  until(done: (samples: Int16Array) => boolean, signal: AbortSignal): Promise<void>;
  /** Resolves when the recording has been quiet for 100 ms: it lags a little behind what was played. */
  untilQuiet(signal: AbortSignal): Promise<void>;
  /** When the newest loud sample was played, on the clock of performance.now(), in ms; recording delay included. */
  lastLoudAtMs(): number | undefined;
}

/**
 * Starts `parec` on the default sink's monitor; resolves when the first samples have come.
 *
 * @param environment where to find PulseAudio; default: as this program does
 */
export async function recordSink(
  signal: AbortSignal,
  environment?: Readonly<Record<string, string>>,
): Promise<SinkRecorder> {
  const child = spawn(
    "parec",
    [
      "--device=@DEFAULT_MONITOR@",
      "--format=s16le",
      `--rate=${SAMPLE_RATE_HZ}`,
      "--channels=1",
      "--latency-msec=10",
      "--raw",
    ],
    {
      stdio: ["ignore", "pipe", "inherit"],
      signal,
      ...(environment === undefined ? {} : { env: { ...environment } }),
    },
  );
  // The exit after an abort is expected.
  child.on("error", () => undefined);
  const pieces: Buffer[] = [];
  let lastLoudAtMs: number | undefined;
  let odd = Buffer.alloc(0);
  const samples = () => {
    const all = Buffer.concat(pieces);
    return new Int16Array(all.buffer, all.byteOffset, Math.floor(all.byteLength / 2));
  };
  const onPiece = (raw: Buffer) => {
    const joined = Buffer.concat([odd, raw]);
    const piece = joined.subarray(0, joined.byteLength - (joined.byteLength % 2));
    odd = Buffer.from(joined.subarray(piece.byteLength));
    pieces.push(piece);
    for (let at = piece.byteLength - 2; at >= 0; at -= 2) {
      if (Math.abs(piece.readInt16LE(at)) < LOUD) continue;
      lastLoudAtMs = performance.now() - ((piece.byteLength - at) / 2 / SAMPLE_RATE_HZ) * 1000;
      break;
    }
  };
  child.stdout.on("data", onPiece);
  await once(child.stdout, "data", { signal });
  const until: SinkRecorder["until"] = async (done, untilSignal) => {
    while (!done(samples())) await once(child.stdout, "data", { signal: untilSignal });
  };
  return {
    samples,
    lastLoudAtMs: () => lastLoudAtMs,
    until,
    untilQuiet: (untilSignal) => until(endsQuiet, untilSignal),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill();
      await exited;
    },
  };
}

function endsQuiet(samples: Int16Array): boolean {
  const tail = samples.subarray(-SAMPLE_RATE_HZ / 10);
  return tail.length === SAMPLE_RATE_HZ / 10 && tail.every((sample) => Math.abs(sample) < LOUD);
}

/** A sine of `durationMs` as 48 kHz mono s16le. */
export function sine(frequencyHz: number, durationMs: number, amplitude = 12_000): Uint8Array {
  const samples = Int16Array.from({ length: (SAMPLE_RATE_HZ * durationMs) / 1000 }, (_, index) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * frequencyHz * index) / SAMPLE_RATE_HZ)),
  );
  return new Uint8Array(samples.buffer);
}

export interface ToneReport {
  readonly durationMs: number;
  /** From rising zero crossings; without the gaps, which a busy machine makes. */
  readonly frequencyHz: number;
  readonly peak: number;
  /** Without the gaps. */
  readonly soundMs: number;
  /** Silences inside the tone that are longer than 5 ms. */
  readonly gapsMs: readonly number[];
}

/**
 * Measures the one tone in a recording: from its first loud sample to its last. Gaps, which a busy machine makes, change
 * neither its frequency nor how long it sounded.
 */
export function measureTone(samples: Int16Array): ToneReport {
  const first = samples.findIndex((sample) => Math.abs(sample) >= LOUD);
  const last = samples.findLastIndex((sample) => Math.abs(sample) >= LOUD);
  const quiet: number[] = [];
  const periods: number[] = [];
  let peak = 0;
  let loudAt = first;
  let risenAt: number | undefined;
  for (let index = Math.max(first, 0); index <= last; index += 1) {
    const sample = samples[index] ?? 0;
    peak = Math.max(peak, Math.abs(sample));
    if (sample >= 0 && (samples[index - 1] ?? 0) < 0) {
      if (risenAt !== undefined) periods.push(index - risenAt);
      risenAt = index;
    }
    if (Math.abs(sample) < LOUD) continue;
    if (index - loudAt > QUIET_SAMPLES) quiet.push(((index - loudAt - 1) / SAMPLE_RATE_HZ) * 1000);
    loudAt = index;
  }
  const durationMs = ((last - first + 1) / SAMPLE_RATE_HZ) * 1000;
  return {
    durationMs,
    soundMs: durationMs - quiet.reduce((sum, gap) => sum + gap, 0),
    frequencyHz: SAMPLE_RATE_HZ / usual(periods),
    peak,
    gapsMs: quiet.filter((gap) => gap > GAP_MS),
  };
}

/** The mean of those that are about as long as most: a gap makes one longer or shorter. */
function usual(periods: readonly number[]): number {
  const middle = periods.toSorted((a, b) => a - b)[Math.floor(periods.length / 2)] ?? Number.NaN;
  const whole = periods.filter((period) => Math.abs(period - middle) <= 1);
  return whole.reduce((sum, period) => sum + period, 0) / whole.length;
}
