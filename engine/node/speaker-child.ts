import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { PipitError } from "#contract/pipit-error.ts";
import type { SpeakerCommand, SpeakerReport } from "./speaker-protocol.ts";

/** A sound system that hangs is no sound system. */
const READY_TIMEOUT_MS = 2_000;
const EXIT_GRACE_MS = 1_000;

export interface SpeakerChildOptions {
  /** Environment of the process. Default: this program's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Program that plays. Default: `speaker-process.ts`. */
  readonly program?: string;
  readonly readyTimeoutMs?: number;
  readonly onReport: (report: SpeakerReport) => void;
  /** The process ended without having been asked to. */
  readonly onCrash: (reason: string) => void;
}

/** The running process that plays. */
export interface SpeakerChild extends AsyncDisposable {
  send(command: SpeakerCommand): void;
  readonly pid: number | undefined;
}

/** @throws PipitError NO_SOUND_DEVICE when it is not ready to play within 2 s. */
export async function startSpeakerChild(options: SpeakerChildOptions): Promise<SpeakerChild> {
  const program = options.program ?? fileURLToPath(new URL("speaker-process.ts", import.meta.url));
  const child = fork(program, [], {
    serialization: "advanced",
    execArgv: [],
    // ALSA explains itself on stderr; its last line is worth a log entry.
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    ...(options.environment === undefined ? {} : { env: { ...options.environment } }),
  });
  const lastWords = keepLastLine(child);
  try {
    await untilReady(child, options.readyTimeoutMs ?? READY_TIMEOUT_MS);
  } catch (error) {
    child.kill("SIGKILL");
    throw noSoundDevice(error instanceof Error ? error.message : String(error), lastWords());
  }
  let leaving = false;
  child.on("message", (report) => options.onReport(report as SpeakerReport));
  child.once("exit", (code, signal) => {
    if (!leaving) options.onCrash(`ended with ${signal ?? code}: ${lastWords()}`);
  });
  // Without a listener a broken channel would throw; the exit that follows says the same.
  child.on("error", () => undefined);
  return {
    pid: child.pid,
    send: (command) => {
      if (child.connected) child.send(command, () => undefined);
    },
    async [Symbol.asyncDispose]() {
      leaving = true;
      await end(child);
    },
  };
}

/** The error that a machine without sound gives, whatever the reason. */
export function noSoundDevice(...details: readonly string[]): PipitError {
  return new PipitError(
    "NO_SOUND_DEVICE",
    "No sound can be played on this machine. Answers stay readable; check the sound settings to hear them.",
    {
      detail: details.filter((detail) => detail !== "").join("; "),
    },
  );
}

async function untilReady(child: ChildProcess, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`not ready within ${timeoutMs} ms`)), timeoutMs);
  const onMessage = (report: unknown) => {
    const message = report as SpeakerReport;
    if (message.type === "ready") resolve();
    if (message.type === "failed") reject(new Error(message.reason));
  };
  const onExit = (code: number | null, signal: string | null) =>
    reject(new Error(`ended with ${signal ?? code}`));
  child.on("message", onMessage).once("exit", onExit).once("error", reject);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    child.off("message", onMessage).off("exit", onExit).off("error", reject);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill("SIGKILL"), EXIT_GRACE_MS);
  await exited;
  clearTimeout(timer);
}

function keepLastLine(child: ChildProcess): () => string {
  let tail = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    tail = (tail + text).slice(-2_000);
  });
  return () => tail.trim().split("\n").at(-1) ?? "";
}
