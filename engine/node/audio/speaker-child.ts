import { fileURLToPath } from "node:url";
import { ownProgram } from "#contract/own-program.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { withTimeout } from "#engine/abort.ts";
import { PlaybackControl } from "#engine/audio/playback-control.ts";
import type { PlaybackReport } from "#engine/audio/playback-session.ts";
import { systemClock } from "#engine/system-clock.ts";
import type { ChildLauncher, HelperProcess } from "../processes/child-launcher.ts";
import { nodeChildLauncher } from "../processes/node-child-launcher.ts";

/** A sound system that hangs is no sound system. */
const READY_TIMEOUT_MS = 2_000;
const EXIT_GRACE_MS = 1_000;

export interface SpeakerChildOptions {
  /** Environment of the process. Default: this program's. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Program that plays. Default: `speaker-process.ts`. */
  readonly program?: string;
  readonly readyTimeoutMs?: number;
  /** How the process is started. Default: by Node. */
  readonly launcher?: ChildLauncher;
  /** The process ended without having been asked to. */
  readonly onCrash: (reason: string) => void;
}

/** What the process says. */
export type SpeakerReport =
  | PlaybackReport
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly reason: string };

/** The running process that plays. */
export type SpeakerChild = Awaited<ReturnType<typeof startSpeakerChild>>;

/** @throws PipitError NO_SOUND_DEVICE when it is not ready to play within 2 s. */
export async function startSpeakerChild(options: SpeakerChildOptions) {
  const child = (options.launcher ?? nodeChildLauncher).startHelper({
    program: options.program ?? fileURLToPath(ownProgram("speaker-process", import.meta.url)),
    // ALSA explains itself on stderr; its last line is worth a log entry.
    stderr: "pipe",
    environment: options.environment,
  });
  const lastWords = keepLastLine(child);
  const control = new PlaybackControl((command) => child.send(command));
  const ready = Promise.withResolvers<void>();
  let leaving = false;
  let playing = false;
  child.onMessage((message) => {
    const report = message as SpeakerReport;
    if (report.type === "ready") ready.resolve();
    else if (report.type === "failed") ready.reject(new Error(report.reason));
    else control.onReport(report);
  });
  void child.ended.then((how) => {
    ready.reject(new Error(`ended with ${how}`));
    control.end();
    if (playing && !leaving) options.onCrash(`ended with ${how}: ${lastWords()}`);
  });
  try {
    const timeoutMs = options.readyTimeoutMs ?? READY_TIMEOUT_MS;
    const late = () => new PipitError("DEADLINE_EXCEEDED", `not ready within ${timeoutMs} ms`);
    await withTimeout(systemClock, timeoutMs, new AbortController().signal, () => ready.promise, late);
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
