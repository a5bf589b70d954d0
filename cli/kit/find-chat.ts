import type { ChatSummary } from "#contract/chat-history.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { HistoryClient } from "#engine/history/history-client.ts";
import type { Messages } from "./messages.ts";
import { ToldError } from "./told-error.ts";

const wholeId = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/**
 * The chat with this id, or the only one whose id begins so; archived ones, too.
 *
 * @throws ToldError CHAT_NOT_FOUND, and as the history client does
 */
export async function findChat(
  history: Pick<HistoryClient, "chat" | "everyChat">,
  name: string,
  messages: Messages,
  signal: AbortSignal,
): Promise<ChatSummary> {
  const start = name.toLowerCase();
  if (wholeId.test(start)) return await history.chat(start, signal).catch(toldIfGone(name, messages));
  const found: ChatSummary[] = [];
  for await (const chat of history.everyChat(signal)) {
    if (start !== "" && chat.id.startsWith(start)) found.push(chat);
    if (found.length > 1) break;
  }
  const [chat, another] = found;
  if (chat === undefined) throw unknownChat(name, messages);
  if (another !== undefined)
    throw new ToldError("CHAT_NOT_FOUND", messages.severalChats(name), { field: "id" });
  return chat;
}

/** Says in this client's words that the server knows no such chat. */
function toldIfGone(name: string, messages: Messages): (reason: unknown) => never {
  return (reason) => {
    throw PipitError.from(reason).code === "CHAT_NOT_FOUND" ? unknownChat(name, messages) : reason;
  };
}

function unknownChat(name: string, messages: Messages): ToldError {
  return new ToldError("CHAT_NOT_FOUND", messages.noSuchChat(name), { field: "id" });
}
