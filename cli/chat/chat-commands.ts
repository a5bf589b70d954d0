import type { ChatSummary } from "#contract/chat-history.ts";
import type { Messages } from "../kit/messages.ts";
import { paint, printLine } from "../kit/terminal.ts";
import type { ChatContext } from "./announcements.ts";
import type { SlashCommand } from "./slash-commands.ts";
import { ToldError } from "../kit/told-error.ts";

const LISTED = 20;

/** Which chat to go on with: the newest, or the one with this number in the list, id or beginning of an id. */
export type ChosenChat = "newest" | { readonly name: string };

/** The commands that go from one chat to another. */
export const chatCommands: Readonly<Record<string, SlashCommand>> = {
  async new(_argument, { client, terminal, messages }) {
    client.engine.newChat();
    printLine(terminal, messages.newChat);
  },
  async chats(_argument, { client, terminal, messages }, signal) {
    const chats = await client.history.chats(signal);
    if (chats.length === 0) printLine(terminal, messages.noChats);
    for (const [index, { id, title }] of chats.slice(0, LISTED).entries())
      printLine(terminal, `${String(index + 1).padStart(2)}  ${title}  `, paint("dim", id));
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
  const chats = await client.history.chats(signal);
  if (chosen === "newest" && chats.length === 0) return messages.noChats;
  const chat = chosen === "newest" ? chats[0] : findChat(chats, chosen.name, messages);
  if (chat === undefined) return messages.noChats;
  client.engine.openChat(chat.id, await client.history.messages(chat.id, signal), chat.title);
  return messages.chatOpened(chat.title);
}

function findChat(chats: readonly ChatSummary[], name: string, messages: Messages): ChatSummary {
  const byNumber = /^\d{1,3}$/.test(name) ? chats[Number(name) - 1] : undefined;
  const byId = chats.filter(({ id }) => id.startsWith(name));
  const chat = byNumber ?? (byId.length === 1 ? byId[0] : undefined);
  if (chat !== undefined) return chat;
  throw new ToldError("CHAT_NOT_FOUND", messages.noSuchChat(name), { field: "chat" });
}
