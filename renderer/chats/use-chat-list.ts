import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { ChatPage, ChatsPlace, ChatSummary, HistoryHit } from "#contract/chat-history.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { useApp, useBridge, useChat } from "../bridge/use-bridge.ts";
import { withChanged, withFirstPage, withNextPage } from "./join-pages.ts";

/** Long enough that a word is typed, short enough that it feels immediate. */
const SEARCH_DELAY_MS = 150;

/** What is listed. The last list stays until the next one is there, so that nothing flickers. */
export type ChatList =
  | { readonly kind: "loading" }
  | { readonly kind: "chats"; readonly place: ChatsPlace; readonly page: ChatPage }
  | { readonly kind: "hits"; readonly query: string; readonly hits: readonly HistoryHit[] }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };

/**
 * The chats of a place, or what `query` finds in all of them. An answer that was overtaken by another query is
 * dropped. Read again whenever the shown chat may have another place in it, when the server tells that another device has
 * changed it, and when the window is looked at again.
 */
export function useChatList(query: string, place: ChatsPlace) {
  const { commands } = useBridge();
  const [list, setList] = useState<ChatList>({ kind: "loading" });
  const [attempt, setAttempt] = useState(0);
  const coming = useRef<string>(undefined);
  const news = useNews();
  const wanted = query.trim();
  useEffect(() => {
    let overtaken = false;
    const load = async () => {
      const next = await find(wanted).catch(failed);
      if (overtaken) return;
      // A search that fails must not look like one that found every chat.
      setList((before) => (wanted === "" ? joined(before, next, place) : next));
      if (next.kind === "chats" && next.page.updating) await load();
    };
    const find = async (text: string): Promise<ChatList> =>
      text === ""
        ? { kind: "chats", place, page: await commands.listChats(place) }
        : { kind: "hits", query: text, hits: await commands.searchChats({ query: text }) };
    const timer = setTimeout(() => void load(), wanted === "" ? 0 : SEARCH_DELAY_MS);
    return () => {
      overtaken = true;
      clearTimeout(timer);
    };
  }, [commands, wanted, place, attempt, news]);
  const reload = () => setAttempt((count) => count + 1);
  const onVisible = useEffectEvent(() => {
    if (document.visibilityState === "visible") reload();
  });
  useEffect(() => {
    document.addEventListener("visibilitychange", onVisible);
    return () => document.removeEventListener("visibilitychange", onVisible);
  }, []);
  const more = async () => {
    const cursor = list.kind === "chats" ? list.page.next : undefined;
    if (cursor === undefined || cursor === coming.current) return;
    coming.current = cursor;
    try {
      const page = await commands.listChats({ ...place, cursor });
      setList((now) =>
        now.kind === "chats" && now.place === place && now.page.next === cursor
          ? { ...now, page: withNextPage(now.page, page) }
          : now,
      );
    } catch {
      // Asked for again by the next scrolling.
    } finally {
      coming.current = undefined;
    }
  };
  const changed = (chatId: string, now: ChatSummary | undefined) => {
    setList((before) => {
      if (before.kind !== "chats") return before;
      const listed = now !== undefined && isIn(before.place, now) ? now : undefined;
      return { ...before, page: withChanged(before.page, chatId, listed) };
    });
    reload();
  };
  return {
    list,
    /** What is listed is what is wanted now; else that is still to come. */
    answered: list.kind === "hits" ? list.query === wanted : list.kind === "failed" || wanted === "",
    reload,
    /** A chat is another one than it is listed as, or gone: the first page, which is read again, may not reach to it. */
    changed,
    more: () => void more(),
  };
}

/** Changes with everything after which the list may be another one. */
function useNews(): string {
  const server = useApp((state) => state.server.kind);
  const chat = useChat(({ chatId, title, activeMessageId, connection }) =>
    [chatId, title, activeMessageId === undefined, connection].join("\n"),
  );
  const imported = useApp((state) => state.chatImport?.kind);
  const unread = useApp((state) => state.unreadChanges);
  const changed = useApp((state) => state.changed?.chats);
  return [chat, server, imported, unread, changed].join("\n");
}

function isIn({ archived, projectId }: ChatsPlace, chat: ChatSummary): boolean {
  return chat.archived === archived && (projectId === undefined || chat.projectId === projectId);
}

function joined(before: ChatList, next: ChatList, place: ChatsPlace): ChatList {
  if (before.kind !== "chats" || before.place !== place) return next;
  const { updating: _, ...page } = before.page;
  // Without the server the list is better than none; the status line tells of it.
  if (next.kind !== "chats") return { ...before, page };
  // Of a list that was kept nothing counts that the server does not list; and what it listed is newer than what was kept.
  if (page.asOfMs !== undefined) return next;
  return next.page.updating ? before : { ...next, page: withFirstPage(next.page, page) };
}

function failed(reason: unknown): ChatList {
  const { code, message } = PipitError.from(reason);
  return { kind: "failed", code, message };
}
