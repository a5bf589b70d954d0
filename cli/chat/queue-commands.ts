import { oneLine } from "#contract/texts/one-line.ts";
import type { OutboxRow, RowState } from "#engine/ports.ts";
import type { Messages } from "../kit/messages.ts";
import { paint, printLine } from "../kit/terminal.ts";
import { changeLast } from "./branch-commands.ts";
import type { ReplContext, SlashCommand } from "./slash-commands.ts";
import { ToldError } from "../kit/told-error.ts";

/** What a line of the list shows of a message. */
const SHOWN_CHARS = 100;

/** The messages that are not answered: what they are, and what can be done about them, by their numbers. */
export const queueCommands: Readonly<Record<string, SlashCommand>> = {
  async queue(_argument, { client, terminal, messages }) {
    const rows = await client.unanswered();
    if (rows.length === 0) printLine(terminal, messages.queueEmpty);
    for (const [index, { text, state }] of rows.entries()) {
      const line = oneLine(text).slice(0, SHOWN_CHARS);
      printLine(terminal, `${index + 1}. ${line}`);
      const why = whyOf(state, rows[index - 1]?.state, messages);
      printLine(terminal, paint(state.kind === "parked" ? "yellow" : "dim", `   ${why}`));
    }
    if (rows.length > 0) printLine(terminal, paint("dim", messages.queueHelp));
  },
  async retry(argument, context) {
    const row = await rowAt(argument, "/retry [n]", context);
    if (row === undefined) return;
    await context.client.engine.retry(row.clientMessageId);
    await context.answers();
  },
  async edit(argument, context) {
    const [, number = "", text = ""] = /^(\d+)\s+(.*)$/su.exec(argument) ?? [];
    const { client } = context;
    // Without messages that wait, a number in front is part of the question.
    if (text === "" || (await client.unanswered()).length === 0) return await changeLast(argument, context);
    const row = await rowAt(number, "/edit <n> <text>", context);
    if (row === undefined) return;
    await client.engine.editAndResend(row.clientMessageId, text);
    await context.answers();
  },
  async skip(argument, context) {
    const row = await rowAt(argument, "/skip [n]", context);
    if (row === undefined) return;
    await context.client.engine.park(row.clientMessageId);
    printLine(context.terminal, context.messages.skipped);
    await context.answers();
  },
  async drop(argument, context) {
    const row = await rowAt(argument, "/drop [n]", context);
    if (row === undefined) return;
    await context.client.engine.discard(row.clientMessageId);
    printLine(context.terminal, context.messages.dropped);
    await context.answers();
  },
};

/** One cause, such as a refused key, may hold many messages; it is told once. */
function whyOf(state: RowState, above: RowState | undefined, messages: Messages): string {
  if (state.kind !== "parked") return messages.isWaiting;
  const { code, message } = state.failure;
  const isSame = above?.kind === "parked" && above.failure.code === code && above.failure.message === message;
  return isSame ? messages.sameReason : messages.notSent(messages.error(state.failure));
}

/** The message with this number, or the only one; undefined when the person has been told why there is none. */
async function rowAt(
  argument: string,
  usage: string,
  { client, terminal, messages }: ReplContext,
): Promise<OutboxRow | undefined> {
  const rows = await client.unanswered();
  const isNumber = /^\d+$/u.test(argument);
  const row = rows[isNumber ? Number(argument) - 1 : 0];
  const isClear = isNumber || (argument === "" && rows.length === 1);
  if (rows.length === 0) printLine(terminal, messages.queueEmpty);
  else if (!isClear) printLine(terminal, messages.missingArgument(usage));
  else if (row === undefined) throw new ToldError("INVALID_REQUEST", messages.noSuchMessage(rows.length));
  else {
    // What another program has written since the start is not known to the engine yet.
    await client.engine.resume();
    return row;
  }
  return undefined;
}
