import { useEffect, useState } from "react";
import type { ChatSummary, HistoryHit } from "#contract/chat-history.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { useBridge } from "../bridge/use-bridge.ts";

/** Long enough that a word is typed, short enough that it feels immediate. */
const SEARCH_DELAY_MS = 150;

/** What the drawer lists. The last list stays until the next one is there, so that nothing flickers. */
export type ChatList =
  | { readonly kind: "loading" }
  | { readonly kind: "chats"; readonly chats: readonly ChatSummary[] }
  | { readonly kind: "hits"; readonly query: string; readonly hits: readonly HistoryHit[] }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };

/** All chats, or what `query` finds in them. An answer that was overtaken by another query is dropped. */
export function useChatList(query: string): { readonly list: ChatList; readonly reload: () => void } {
  const { commands } = useBridge();
  const [list, setList] = useState<ChatList>({ kind: "loading" });
  const [attempt, setAttempt] = useState(0);
  const wanted = query.trim();
  useEffect(() => {
    let overtaken = false;
    const load = async () => {
      const next = await find(wanted).catch(failed);
      if (!overtaken) setList(next);
    };
    const find = async (text: string): Promise<ChatList> =>
      text === ""
        ? { kind: "chats", chats: await commands.listChats() }
        : { kind: "hits", query: text, hits: await commands.searchChats({ query: text }) };
    const timer = setTimeout(() => void load(), wanted === "" ? 0 : SEARCH_DELAY_MS);
    return () => {
      overtaken = true;
      clearTimeout(timer);
    };
  }, [commands, wanted, attempt]);
  return { list, reload: () => setAttempt((count) => count + 1) };
}

function failed(reason: unknown): ChatList {
  const { code, message } = PipitError.from(reason);
  return { kind: "failed", code, message };
}
