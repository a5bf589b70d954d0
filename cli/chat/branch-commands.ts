import type { UserMessage } from "#contract/chat-state.ts";
import type { Client } from "#engine/node/client.ts";
import { printLine } from "../kit/terminal.ts";
import { printMessage } from "./print-message.ts";
import type { ReplContext, SlashCommand } from "./slash-commands.ts";
import { ToldError } from "../kit/told-error.ts";

/** Asking again, and going from one to another of what was asked at one place. */
export const branchCommands: Readonly<Record<string, SlashCommand>> = {
  async again(_argument, { client, terminal, messages, answers }) {
    const last = newestQuestion(client);
    if (last === undefined) return printLine(terminal, messages.noHistory);
    await client.engine.regenerate(last.id);
    tellBranch(client, { terminal, messages });
    await answers();
  },
  async branch(argument, { client, terminal, messages }) {
    const question = newestQuestion(client, ({ branch }) => branch !== undefined);
    const branch = question?.branch;
    if (question === undefined || branch === undefined) return printLine(terminal, messages.noBranches);
    const { index, count, turnIds } = branch;
    if (argument === "") return printLine(terminal, messages.branch(index + 1, count));
    const turnId = /^\d+$/u.test(argument) ? turnIds[Number(argument) - 1] : undefined;
    if (turnId === undefined) throw new ToldError("INVALID_REQUEST", messages.noSuchBranch(count));
    await client.engine.switchBranch(question.id, Number(argument) - 1);
    printLine(terminal, messages.branch(Number(argument), count));
    const shown = client.engine.store.getState().messages;
    const from = shown.findIndex((message) => message.turnId === turnId);
    for (const message of shown.slice(from)) printMessage(message, terminal, messages);
  },
};

/** Asks another text in the place of the last question. */
export async function changeLast(text: string, context: ReplContext): Promise<void> {
  const { client, terminal, messages } = context;
  const last = newestQuestion(client);
  if (text === "") return printLine(terminal, messages.missingArgument("/edit <text>"));
  if (last === undefined) return printLine(terminal, messages.noHistory);
  await client.engine.editAndResend(last.id, text);
  tellBranch(client, context);
  await context.answers();
}

/** Which of the branches is shown now, if there are any. */
function tellBranch(
  client: Client,
  { terminal, messages }: Pick<ReplContext, "terminal" | "messages">,
): void {
  const branch = newestQuestion(client)?.branch;
  if (branch !== undefined) printLine(terminal, messages.branch(branch.index + 1, branch.count));
}

/** The newest question on show that is such a one. */
function newestQuestion(
  client: Client,
  isSuch: (question: UserMessage) => boolean = () => true,
): UserMessage | undefined {
  const found = client.engine.store
    .getState()
    .messages.findLast((message) => message.role === "user" && isSuch(message));
  return found?.role === "user" ? found : undefined;
}
