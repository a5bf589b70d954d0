import { ipcMain, type IpcMain, type IpcMainInvokeEvent, type WebFrameMain } from "electron";
import {
  channelOf,
  ipcCommandNames,
  ipcCommands,
  type IpcCommandName,
  type IpcHandlers,
  type Reply,
  type WireError,
} from "#contract/commands/ipc-schema.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { withOwnBytes } from "#contract/processes/own-bytes.ts";
import type { Logger } from "#contract/logger.ts";
import { APP_ORIGIN, isAppUrl } from "../windows/app-origin.ts";

export interface IpcOptions {
  /** What the page with these web contents may ask; undefined when it is none of ours. */
  readonly commandsFor: (webContentsId: number) => Partial<IpcHandlers> | undefined;
  readonly logger: Logger;
}

/**
 * Serves the whole schema over IPC; the only place that touches `ipcMain`. Every message passes the check of its sender and
 * its entry's schema.
 */
export function registerIpc(options: IpcOptions, receiver: Pick<IpcMain, "handle"> = ipcMain): void {
  for (const name of ipcCommandNames) {
    receiver.handle(channelOf(name), (event, input: unknown) => answer(name, event, input, options));
  }
}

async function answer(
  name: IpcCommandName,
  event: IpcMainInvokeEvent,
  input: unknown,
  options: IpcOptions,
): Promise<Reply<unknown>> {
  try {
    const run = isTrusted(event) ? options.commandsFor(event.sender.id)?.[name] : undefined;
    if (run === undefined) {
      options.logger.warn("ipc.refused_sender", { name, url: event.senderFrame?.url });
      throw new PipitError("NOT_ALLOWED", "Only Pipit's own window may ask for this.");
    }
    const answered = (run as (given: unknown) => Promise<unknown>)(parseInput(name, input));
    return { ok: true, value: withOwnBytes(await answered) };
  } catch (reason) {
    const error = PipitError.from(reason);
    if (error.code === "INTERNAL")
      options.logger.error("ipc.failed", { name, reason: error.detail, stack: stackOf(reason) });
    return { ok: false, error: toWire(error) };
  }
}

/** A top frame that shows a page of ours. A frame that is gone has no say any more. */
function isTrusted(event: Pick<IpcMainInvokeEvent, "senderFrame">): boolean {
  const frame: WebFrameMain | null = event.senderFrame;
  return frame !== null && frame.parent === null && frame.origin === APP_ORIGIN && isAppUrl(frame.url);
}

function parseInput(name: IpcCommandName, input: unknown): unknown {
  const parsed = ipcCommands[name].input.safeParse(input);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new PipitError(
    "INVALID_REQUEST",
    field === "" ? `Wrong input for ${name}.` : `Wrong input for ${name}: check "${field}".`,
    field === "" ? {} : { field },
  );
}

function toWire(error: PipitError): WireError {
  return {
    code: error.code,
    message: error.message,
    ...(error.field === undefined ? {} : { field: error.field }),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  };
}

function stackOf(reason: unknown): string | undefined {
  return reason instanceof Error ? reason.stack : undefined;
}
