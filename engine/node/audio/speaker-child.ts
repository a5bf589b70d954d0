import { fileURLToPath } from "node:url";
import { ownProgram } from "#contract/own-program.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { withTimeout } from "#engine/abort.ts";
import { PlaybackControl } from "#engine/audio/playback-control.ts";
import type { PlaybackReport } from "#engine/audio/playback-session.ts";
import { systemClock } from "#engine/system-clock.ts";
import type { ChildLauncher, HelperProcess } from "../processes/child-launcher.ts";
import { nodeChildLauncher } from "../processes/node-child-launcher.ts";

/** Until its program runs: seconds on a computer that is busy or has just been started. */
const START_TIMEOUT_MS = 15_000;
/** From then on: a sound system that hangs is no sound system. */
const READY_TIMEOUT_MS = 2_000;
const EXIT_GRACE_MS = 1_000;

export interface SpeakerChildOptions {
  /** Environment of the process. Default: this program's. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Program that plays. Default: `speaker-process.ts`. */
  readonly program?: string;
  /** For the sound system to give a device, once the program runs. */
  readonly readyTimeoutMs?: number;
  /** How the process is started. Default: by Node. */
  readonly launcher?: ChildLauncher | undefined;
  /** The process ended without having been asked to. */
  readonly onCrash: (reason: string) => void;
  /** Ends a process that is not ready yet. */
  readonly signal: AbortSignal;
}

/** What the process says. */
export type SpeakerReport =
  | PlaybackReport
  | { readonly type: "opening" }
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly reason: string };

/** The running process that plays. */
export type SpeakerChild = Awaited<ReturnType<typeof startSpeakerChild>>;

/** @throws PipitError NO_SOUND_DEVICE when it cannot play, or does not run after 15 s, or has no device 2 s later. */
export async function startSpeakerChild(options: SpeakerChildOptions) {
  const child = (options.launcher ?? nodeChildLauncher).startHelper({
    program: options.program ?? fileURLToPath(ownProgram("speaker-process", import.meta.url)),
    // ALSA explains itself on stderr; its last line is worth a log entry.
    stderr: "pipe",
    environment: options.environment,
  });
  const lastWords = keepLastLine(child);
  const control = new PlaybackControl((command) => child.send(command));
  const begun = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => undefined);
  let leaving = false;
  let playing = false;
  child.onMessage((message) => {
    const report = message as SpeakerReport;
    begun.resolve();
    if (report.type === "opening") return;
    if (report.type === "ready") ready.resolve();
    else if (report.type === "failed") ready.reject(new Error(report.reason));
    else control.onReport(report);
  });
  void child.ended.then((how) => {
    begun.resolve();
    ready.reject(new Error(`ended with ${how}`));
    control.end();
    if (playing && !leaving) options.onCrash(`ended with ${how}: ${lastWords()}`);
  });
  try {
    await within(START_TIMEOUT_MS, begun.promise, options.signal);
    await within(options.readyTimeoutMs ?? READY_TIMEOUT_MS, ready.promise, options.signal);
  } catch (error) {
    child.kill();
    throw noSoundDevice(error instanceof Error ? error.message : String(error), lastWords());
  }
  playing = true;
  return {
    control,
    async [Symbol.asyncDispose](): Promise<void> {
      leaving = true;
      control.end();
      await end(child);
    },
  };
}

function within(timeoutMs: number, promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const late = () => new PipitError("DEADLINE_EXCEEDED", `not ready within ${timeoutMs} ms`);
  return withTimeout(systemClock, timeoutMs, signal, () => promise, late);
}

/** The error that a machine without sound gives, whatever the reason. */
export function noSoundDevice(...details: readonly string[]): PipitError {
  return new PipitError(
    "NO_SOUND_DEVICE",
    "No sound can be played on this machine. Answers stay readable; check the sound settings to hear them.",
    { detail: details.filter((detail) => detail !== "").join("; ") },
  );
}

async function end(child: HelperProcess): Promise<void> {
  child.leave();
  const timer = setTimeout(() => child.kill(), EXIT_GRACE_MS);
  await child.ended;
  clearTimeout(timer);
}

function keepLastLine(child: HelperProcess): () => string {
  let tail = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    tail = (tail + text).slice(-2_000);
  });
  return () => tail.trim().split("\n").at(-1) ?? "";
}
