import { spawn, type ChildProcess } from "node:child_process";
import { SpeechError } from "./speech-error.ts";
import { stallGuard } from "./stall-guard.ts";

/** A speech command that gives no sound for this long is stopped. */
const STALL_MS = 10_000;
const STDERR_MAX_CHARS = 500;

export interface CommandCall {
  readonly command: string;
  /** Options only; never spoken text, because everybody on the machine can read it in the list of processes. */
  readonly args: readonly string[];
  /** Given to the program's standard input. */
  readonly input: string;
}

/**
 * Runs one command and yields what it writes. Leaving the loop or aborting kills it at once; the generator is over only
 * when the process is.
 * @throws SpeechError when it cannot start, stalls or ends with another status than 0; the signal's reason on abort.
 */
export async function* commandOutput(
  call: CommandCall,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const either = AbortSignal.any([signal, controller.signal]);
  const child = spawn(call.command, call.args, { stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
  const exit = exited(child);
  const kill = (): void => void child.kill("SIGKILL");
  either.addEventListener("abort", kill, { once: true });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(0, STDERR_MAX_CHARS);
  });
  // A program that ends early closes its input; its exit status tells the story.
  child.stdin.on("error", () => undefined);
  child.stdin.end(call.input);
  try {
    yield* stallGuard<Uint8Array>(child.stdout, STALL_MS, controller);
    const status = await exit;
    either.throwIfAborted();
    if (status !== 0)
      throw new SpeechError("failed", `${call.command} ended with ${status}. ${stderr}`.trim());
  } catch (reason) {
    either.throwIfAborted();
    throw SpeechError.from(reason);
  } finally {
    either.removeEventListener("abort", kill);
    kill();
    await exit;
  }
}

/** All output of a short command as text; same errors as {@link commandOutput}. */
export async function commandText(call: CommandCall, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of commandOutput(call, signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Resolves when the process is over: to its exit status, the signal that killed it, or why it could not start. */
function exited(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once("exit", (status, killedBy) => resolve(status ?? killedBy ?? "no status"));
    child.once("error", (error) => {
      resolve(error.message);
      // A program that never started does not close its output either.
      child.stdout?.destroy();
    });
  });
}
