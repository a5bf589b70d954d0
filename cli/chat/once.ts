import { stat } from "node:fs/promises";
import { BYTES_PER_SECOND } from "#contract/audio-format.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { UserMessage } from "#contract/chat-state.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { Client } from "#engine/node/client.ts";
import { exitCodeOf, exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import type { Messages } from "../kit/messages.ts";
import { printNote, type Terminal } from "../kit/terminal.ts";
import { createAnswerPrinter } from "./answer-printer.ts";
import { tellDatabaseSetAside, tellTokenPlace } from "./announcements.ts";
import { createJsonPrinter, type JsonResult } from "./json-printer.ts";
import { exitCodeOfQuestion, settle } from "./outcome.ts";

export interface OnceOptions {
  readonly client: Client;
  readonly terminal: Terminal;
  readonly messages: Messages;
  readonly text: string;
  readonly json: boolean;
  readonly image?: ScreenImage;
  /** Where the speech is recorded, for the closing note. */
  readonly recording: string | undefined;
}

const WAV_HEADER_BYTES = 44;

/** `pipit chat --once`: one message, its answer on stdout, an exit code for the outcome. */
export async function runOnce(options: OnceOptions): Promise<ExitCode> {
  const { client, terminal, messages } = options;
  const interrupt = new AbortController();
  const onSignal = (): void => {
    interrupt.abort(new PipitError("CANCELLED", messages.cancelled));
    void client.engine.cancel();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  const output = options.json ? jsonOutput(terminal) : plainOutput(options);
  const unsubscribe = client.engine.onEvent(output.event);
  try {
    const { state, fresh } = await client.signIn(interrupt.signal);
    if (fresh && !options.json) tellTokenPlace(client, terminal, messages);
    if (!options.json) await tellDatabaseSetAside(client, terminal, messages, interrupt.signal);
    if (state.kind !== "signed-in") throw new PipitError("SIGNED_OUT", messages.notSignedIn);
    const id = await client.engine.send({
      text: options.text,
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
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
    if (!options.json) await tellRecording(options);
  }
}

interface Output {
  readonly event: Parameters<Client["engine"]["onEvent"]>[0];
  settled(id: string, question: UserMessage | undefined): void;
  error(error: PipitError): void;
}

function jsonOutput(terminal: Terminal): Output {
  const printer = createJsonPrinter(terminal);
  return {
    event: printer.event,
    settled: (id, question) => printer.result(id, resultOf(question)),
    error: printer.error,
  };
}

function plainOutput({ terminal, messages }: OnceOptions): Output {
  const printer = createAnswerPrinter(terminal, messages);
  return {
    event: printer.event,
    settled(id, question) {
      printer.settled(id, question?.status.kind === "cancelled" ? messages.cancelled : undefined);
      const failure = failureOf(question);
      if (failure !== undefined) printNote(terminal, `pipit: ${failure.message}`);
      if (question?.status.kind === "queued") printNote(terminal, messages.kept(1));
    },
    error: (error) => printNote(terminal, `pipit: ${error.message}`),
  };
}

function resultOf(question: UserMessage | undefined): JsonResult {
  const kind = question?.status.kind;
  if (kind === "answered") return { status: "done" };
  if (kind === "cancelled") return { status: "cancelled" };
  const failure = failureOf(question);
  return { status: kind === "queued" ? "queued" : "failed", ...(failure === undefined ? {} : { failure }) };
}

function failureOf(question: UserMessage | undefined) {
  if (question?.status.kind === "failed") return question.status.failure;
  return question?.status.kind === "queued" ? question.status.reason : undefined;
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
