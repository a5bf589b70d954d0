import type { ChatPage, ChatSummary } from "#contract/chat-history.ts";

/** The list with a chat as it is now, wherever it stands; `now` undefined: it is gone. */
export function withChanged(list: ChatPage, chatId: string, now: ChatSummary | undefined): ChatPage {
  const others = list.chats.filter(({ id }) => id !== chatId);
  return { ...list, chats: now === undefined ? others : [...others, now] };
}

/** The list with a new first page: of what was read before, what stands below the page stays. */
export function withFirstPage(first: ChatPage, before: ChatPage): ChatPage {
  const end = first.chats.at(-1);
  if (first.next === undefined || end === undefined) return first;
  const known = new Set(first.chats.map(({ id }) => id));
  const below = before.chats.filter(
    (chat) => !chat.pinned && !known.has(chat.id) && chat.updatedAtMs <= end.updatedAtMs,
  );
  return below.length === 0 ? first : { ...before, chats: [...first.chats, ...below] };
}

/** The list with the page that follows it. */
export function withNextPage(list: ChatPage, next: ChatPage): ChatPage {
  const known = new Set(list.chats.map(({ id }) => id));
  return { ...next, chats: [...list.chats, ...next.chats.filter(({ id }) => !known.has(id))] };
}
