import { createHash } from "node:crypto";
import { addAbortListener, once } from "node:events";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { systemCodeOf } from "#contract/system-error.ts";
import { isErrorCode, type ErrorCode } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";

/** Longest path of a Unix socket on every system (macOS: 104 with the closing NUL). */
const SOCKET_PATH_MAX_BYTES = 103;
const ANSWER_TIMEOUT_MS = 3_000;
/** A little longer than the app lets the person choose. */
const REGION_TIMEOUT_MS = 150_000;
/** One short line of JSON each way. */
export const CONTROL_LINE_MAX_CHARS = 4_096;

/** `region` lets the person choose a part of the screen; its answer takes as long as they do. */
export const controlRequest = z.strictObject({ command: z.enum(["toggle", "show", "status", "region"]) });
export type ControlRequest = z.infer<typeof controlRequest>;

const hotkeyStatus = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("off") }),
  z.object({ kind: z.literal("registered"), accelerator: z.string() }),
  z.object({ kind: z.literal("confirmed"), accelerator: z.string() }),
  z.object({ kind: z.literal("refused"), accelerator: z.string(), reason: z.enum(["taken", "invalid"]) }),
]);
const controlReply = z.object({
  version: z.string(),
  visible: z.boolean(),
  hotkey: hotkeyStatus,
  /** What came of `region`: a file that the asker reads and removes, or why there is none. */
  picture: z.optional(
    z.union([
      z.object({ path: z.string() }),
      z.object({
        code: z.custom<ErrorCode>((code) => typeof code === "string" && isErrorCode(code)),
        message: z.string(),
      }),
    ]),
  ),
});
/** What the running app says after it did what was asked. */
export type ControlReply = z.infer<typeof controlReply>;

/** Where the app of this home listens: a socket in the home, or a pipe on Windows. */
export function controlAddress(home: string): string {
  const name = createHash("sha256").update(home).digest("hex").slice(0, 16);
  if (process.platform === "win32") return String.raw`\\.\pipe\pipit-${name}`;
  const inHome = join(home, "desktop", "control.sock");
  return Buffer.byteLength(inHome) <= SOCKET_PATH_MAX_BYTES ? inHome : join(tmpdir(), `pipit-${name}.sock`);
}

/**
 * Asks the desktop app of this home.
 *
 * @throws PipitError SERVER_UNREACHABLE when none runs, naming how to start it; DEADLINE_EXCEEDED when it does not answer.
 */
export async function askApp(
  home: string,
  request: ControlRequest,
  signal: AbortSignal,
): Promise<ControlReply> {
  const isChoice = request.command === "region";
  const timeout = AbortSignal.timeout(isChoice ? REGION_TIMEOUT_MS : ANSWER_TIMEOUT_MS);
  const both = AbortSignal.any([signal, timeout]);
  const socket = createConnection(controlAddress(home));
  const onAbort = addAbortListener(both, () => socket.destroy());
  try {
    await once(socket, "connect", { signal: both });
    socket.end(`${JSON.stringify(request)}\n`);
    let text = "";
    for await (const chunk of socket.setEncoding("utf8").iterator({ destroyOnReturn: true })) {
      text += String(chunk);
      if (text.length > CONTROL_LINE_MAX_CHARS) break;
    }
    return controlReply.parse(JSON.parse(text));
  } catch (error) {
    if (signal.aborted) throw PipitError.from(signal.reason);
    throw toPipitError(error, timeout.aborted);
  } finally {
    onAbort[Symbol.dispose]();
    socket.destroy();
  }
}

function toPipitError(error: unknown, late: boolean): PipitError {
  const code = systemCodeOf(error);
  if (code === "ENOENT" || code === "ECONNREFUSED") {
    return new PipitError(
      "SERVER_UNREACHABLE",
      "The Pipit app does not run. Start it with `npm start`, or open it from your applications.",
    );
  }
  if (code === "EACCES" || code === "EPERM")
    return new PipitError("NOT_ALLOWED", "The Pipit app that runs here belongs to another user.");
  return late
    ? new PipitError("DEADLINE_EXCEEDED", "The Pipit app did not answer in time. Quit it and start it again.")
    : new PipitError("INTERNAL", "The Pipit app gave no readable answer. Quit it and start it again.", {
        cause: error,
      });
}
