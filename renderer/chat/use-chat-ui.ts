import { useStore } from "zustand";
import { useBridge } from "../bridge/use-bridge.tsx";
import { chatUiOf, type ChatUi, type ChatUiState } from "./chat-ui.ts";

export function useChatUi(): ChatUi {
  return chatUiOf(useBridge());
}

export function useChatUiState<T>(selector: (state: ChatUiState) => T): T {
  return useStore(useChatUi().store, selector);
}
