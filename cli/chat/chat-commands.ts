import { oneLine } from "#contract/texts/one-line.ts";
import type { ChatSummary } from "#contract/chat-history.ts";
import type { HistoryClient } from "#engine/history/history-client.ts";
import type { Messages } from "../kit/messages.ts";
import { dayAndTime, shortId } from "../kit/chat-line.ts";
import { findChat } from "../kit/find-chat.ts";
import { paint, printLine } from "../kit/terminal.ts";
import type { ChatContext } from "./announcements.ts";
import type { SlashCommand } from "./slash-commands.ts";

const LISTED = 20;

/** Which chat to go on with: the newest, or the one with this number in the list, id or beginning of an id. */
export type ChosenChat = "newest" | { readonly name: string };

/** The commands that go from one chat to another. */
export const chatCommands: Readonly<Record<string, SlashCommand>> = {
  async new(_argument, { client, terminal, messages }) {
    client.engine.newChat();
    printLine(terminal, messages.newChat);
  },
  async temporary(_argument, { client, terminal, messages }) {
    client.engine.newChat("temporary");
    printLine(terminal, messages.temporaryChat);
  },
  async chats(_argument, { client, terminal, messages }, signal) {
    const chats = await client.history.chats(signal);
    if (chats.length === 0) printLine(terminal, messages.noChats);
    for (const [index, chat] of chats.slice(0, LISTED).entries()) {
      const number = `${String(index + 1).padStart(2)}  `;
      const changed = `${dayAndTime(chat.updatedAtMs)}  `;
      printLine(
        terminal,
        number,
        paint("dim", changed),
        `${oneLine(chat.title)}  `,
        paint("dim", shortId(chat)),
        ...(chat.unread ? [paint("bold", `  (${messages.unread})`)] : []),
      );
    }
  },
  async open(argument, context, signal) {
    if (argument === "") printLine(context.terminal, context.messages.missingArgument("/open <n>"));
    else printLine(context.terminal, await openChosenChat({ name: argument }, context, signal));
  },
};

/**
 * Shows a stored chat, so that the next question goes on with it; resolves to what to tell of it.
 *
 * @throws PipitError CHAT_NOT_FOUND, and as the history client does
 */
export async function openChosenChat(
  chosen: ChosenChat,
  { client, messages }: ChatContext,
  signal: AbortSignal,
): Promise<string> {
  const chat = await chosenChat(chosen, client.history, messages, signal);
  if (chat === undefined) return messages.noChats;
  client.engine.openChat(chat.id, await client.history.messages(chat.id, signal), chat.title);
  if (chat.unread) await client.history.changeChat(chat.id, { unread: false }, signal);
  return messages.chatOpened(chat.title);
}

async function chosenChat(
  chosen: ChosenChat,
  history: HistoryClient,
  messages: Messages,
  signal: AbortSignal,
): Promise<ChatSummary | undefined> {
  if (chosen === "newest") return (await history.chats(signal))[0];
  const isNumber = /^\d{1,3}$/.test(chosen.name);
  const byNumber = isNumber ? (await history.chats(signal))[Number(chosen.name) - 1] : undefined;
  return byNumber ?? (await findChat(history, chosen.name, messages, signal));
}
