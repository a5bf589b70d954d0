import { resolve } from "node:path";
import type { Writable } from "node:stream";
import { systemCodeOf } from "#contract/system-error.ts";
import { visibleText } from "#contract/terminal-text.ts";
import { waitFor } from "#engine/abort.ts";
import { chatPath } from "#engine/history/chats-client.ts";
import { writePrivateFile } from "#engine/node/files/private-files.ts";
import { exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import { findChat } from "../kit/find-chat.ts";
import type { CommandDeps } from "../kit/open-cli-client.ts";
import { openProgress } from "../kit/progress.ts";
import { printNote, type Terminal } from "../kit/terminal.ts";
import { withChats, type ChatsContext } from "./chats-command.ts";

/** Flags of `pipit chats export` as commander gives them. */
export interface ExportFlags {
  /** All chats without it. */
  readonly id?: string;
  readonly format: "json" | "markdown";
  readonly output?: string;
}

/** `pipit chats export [ID]`: one chat or all, to a file that is whole or not there at all, or to stdout; never held in memory. */
export function exportChats(flags: ExportFlags, deps: CommandDeps): Promise<ExitCode> {
  return withChats(deps, async (context) => {
    const { client, history, terminal, messages, words, signal } = context;
    const chat = flags.id === undefined ? undefined : await findChat(history, flags.id, messages, signal);
    const of = chat === undefined ? "/v1/chats" : chatPath(chat.id);
    const file = await client.download(`${of}/export?format=${flags.format}`, signal);
    if (flags.output === undefined) {
      await toStdout(file, terminal, signal);
      return exitCodes.done;
    }
    let bytes = 0;
    const counted = counting(file, context, (size) => (bytes += size));
    await writePrivateFile(resolve(flags.output), counted);
    printNote(terminal, words.exported(flags.output, bytes));
    return exitCodes.done;
  });
}

async function* counting(
  file: AsyncIterable<Uint8Array>,
  { terminal, words }: ChatsContext,
  add: (bytes: number) => number,
): AsyncGenerator<Uint8Array> {
  using progress = openProgress(terminal);
  for await (const piece of file) {
    progress.show(words.exporting(add(piece.byteLength)));
    yield piece;
  }
}

/** As fast as it is read. A reader that has had enough (`| head`) ends the download. */
async function toStdout(
  file: AsyncIterable<Uint8Array>,
  { stdout }: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const text = new TextDecoder();
  try {
    for await (const piece of file) {
      // What would control a terminal is shown instead; in a pipe it is data, as it is.
      await written(
        stdout,
        stdout.isTTY === true ? visibleText(text.decode(piece, { stream: true })) : piece,
        signal,
      );
    }
  } catch (error) {
    if (systemCodeOf(error) !== "EPIPE") throw error;
  }
}

/** Resolves when there is room for more; a reader that stands still can be given up by `signal`. */
async function written(stdout: Writable, piece: string | Uint8Array, signal: AbortSignal): Promise<void> {
  const write = new Promise<void>((done, failed) => {
    stdout.write(piece, (error) => (error ? failed(error) : done()));
  });
  await waitFor(write, signal);
}
