import { createContext, use, useEffect, useState, type ReactNode } from "react";
import { useStore } from "zustand";
import type { Intent } from "#contract/intent.ts";
import { useBridge } from "#renderer/bridge/use-bridge.tsx";
import { createChatUi, type ChatUi, type ChatUiState } from "./chat-ui.ts";

const ChatUiContext = createContext<ChatUi | undefined>(undefined);

/**
 * Keeps the composer's text and pictures above all views, so that they outlive them; also listens for what the host
 * puts into the composer, which may come before the composer is there (a link that started the app for the first time).
 */
export function ChatUiProvider({ children }: { readonly children: ReactNode }) {
  const bridge = useBridge();
  const [ui] = useState(() => createChatUi(bridge.initialDraft));
  useEffect(() => bridge.onIntent((intent) => takeIntent(ui, intent)), [bridge, ui]);
  return <ChatUiContext value={ui}>{children}</ChatUiContext>;
}

export function useChatUi(): ChatUi {
  const ui = use(ChatUiContext);
  if (ui === undefined) throw new Error("useChatUi needs a ChatUiProvider above it");
  return ui;
}

export function useChatUiState<T>(selector: (state: ChatUiState) => T): T {
  return useStore(useChatUi().store, selector);
}

/** What the host wants of the composer; the rest is the shell's. */
function takeIntent(ui: ChatUi, intent: Intent): void {
  switch (intent.kind) {
    case "focus-composer":
      return ui.focusComposer();
    case "attach":
      ui.attach(intent.image);
      return ui.focusComposer();
    case "compose": {
      const { text } = ui.store.getState();
      ui.write(text.trim() === "" ? intent.text : `${text}\n${intent.text}`);
      return ui.focusComposer();
    }
    case "open":
    case "problem":
      return undefined;
  }
}
