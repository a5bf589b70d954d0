import { stat } from "node:fs/promises";
import { BYTES_PER_SECOND } from "#contract/audio-format.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { UserMessage } from "#contract/chat-state.ts";
import { exitCodeOf, exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import { listenForInterrupt } from "../kit/interrupt.ts";
import { signedOutError } from "../kit/open-cli-client.ts";
import { printNote } from "../kit/terminal.ts";
import { createAnswerPrinter } from "./answer-printer.ts";
import { tellDatabaseSetAside, tellTokenPlace, type ChatContext } from "./announcements.ts";
import { openChosenChat } from "./chat-commands.ts";
import { createJsonPrinter } from "./json-printer.ts";
import { exitCodeOfQuestion, failureOf, keptText, settle } from "./outcome.ts";

export interface OnceOptions extends ChatContext {
  readonly text: string;
  readonly json: boolean;
  /** The chat stays; else it is temporary, unless it was there before. */
  readonly save: boolean;
  /** Where the speech is recorded, for the closing note. */
  readonly recording: string | undefined;
}

const WAV_HEADER_BYTES = 44;

/** `pipit chat --once`: one message, its answer on stdout, an exit code for the outcome. */
export async function runOnce(options: OnceOptions): Promise<ExitCode> {
  const { client, terminal, messages } = options;
  using interrupt = listenForInterrupt(messages.cancelled);
  interrupt.signal.addEventListener("abort", () => void client.engine.cancel(), { once: true });
  const output = options.json ? createJsonPrinter(terminal) : plainOutput(options);
  const unsubscribe = client.engine.onEvent(output.event);
  try {
    const { state, fresh } = await client.signIn(interrupt.signal);
    if (fresh && !options.json) tellTokenPlace(client, terminal, messages);
    if (!options.json) await tellDatabaseSetAside(client, terminal, messages, interrupt.signal);
    if (state.kind !== "signed-in") throw await signedOutError(client, messages, interrupt.signal);
    await openWanted(options, interrupt.signal);
    const id = await client.engine.send({
      text: options.text,
      files: options.files,
      ...(options.image === undefined ? {} : { image: options.image }),
    });
    const question = await settle(client, id, interrupt.signal);
    output.settled(id, question);
    await client.engine.spoken(interrupt.signal);
    return interrupt.signal.aborted ? exitCodes.interrupted : exitCodeOfQuestion(question);
  } catch (reason) {
    const error = PipitError.from(reason);
    output.error(error);
    return interrupt.signal.aborted ? exitCodes.interrupted : exitCodeOf(error);
  } finally {
    unsubscribe();
    if (!options.json) await tellRecording(options);
  }
}

/** The chat that the message goes into: a named one, one that stays, or a temporary one. */
async function openWanted(options: OnceOptions, signal: AbortSignal): Promise<void> {
  if (options.chat !== undefined) await openChosenChat(options.chat, options, signal);
  else if (!options.save) options.client.engine.newChat("temporary");
}

function plainOutput({ terminal, messages }: OnceOptions) {
  const printer = createAnswerPrinter(terminal, messages);
  return {
    event: printer.event,
    settled(id: string, question: UserMessage | undefined): void {
      printer.settled(id, question?.status.kind === "cancelled" ? messages.cancelled : undefined);
      const failure = failureOf(question);
      if (failure !== undefined) printNote(terminal, `pipit: ${messages.error(failure)}`);
      if (question?.status.kind === "queued") printNote(terminal, keptText(question.status, messages));
    },
    error: (error: PipitError) => printNote(terminal, `pipit: ${messages.error(error)}`),
  };
}

async function tellRecording({ recording, terminal, messages }: OnceOptions): Promise<void> {
  if (recording === undefined) return;
  const size = await stat(recording).then(
    (found) => found.size,
    () => 0,
  );
  const seconds = Math.max(0, size - WAV_HEADER_BYTES) / BYTES_PER_SECOND;
  if (seconds > 0) printNote(terminal, messages.recorded(recording, seconds));
}
