import { useEffect } from "react";
import { EmptyChat } from "./empty-chat.tsx";
import { rowKey, type Shown } from "./shown-messages.ts";
import { useShownList } from "./use-shown-list.ts";
import { OpeningChat } from "./opening-chat.tsx";
import { useBridge, useView } from "../bridge/use-bridge.ts";
import { lazily } from "../ui/lazily.tsx";

/** With the reader of Markdown, which is a quarter of the window. */
const loadConversation = async () => (await import("./conversation.tsx")).Conversation;
const Conversation = lazily(loadConversation);

/** The conversation. Another chat is another list, so that no position or measure of the old one is left. */
export function MessageList() {
  const shown = useShown();
  const opening = useView((state) => state.opening !== undefined);
  useEffect(() => {
    // Ready by the first question; where it does not come, it is asked for again when it is shown.
    void loadConversation().catch(() => undefined);
  }, []);
  if (shown.messages.length === 0) return opening ? <OpeningChat /> : <EmptyChat />;
  return <Conversation key={shown.generation} shown={shown} fallback={<div className="min-h-0 flex-1" />} />;
}

/** The messages, one change per frame. */
function useShown(): Shown {
  const { chat } = useBridge();
  return useShownList(() => ({
    items: () => chat.getState().messages,
    subscribe: chat.subscribe,
    keyOf: rowKey,
  }));
}
