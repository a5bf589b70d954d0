import { createContext, use } from "react";
import { useStore } from "zustand";
import type { AppState } from "#contract/app-state.ts";
import { hasLeft, type AuthState } from "#contract/auth-state.ts";
import type { ChatState } from "#contract/chat-state.ts";
import type { RoomsState } from "#contract/rooms/rooms.ts";
import type { ChatUi, ChatUiState } from "../chat/state/chat-ui.ts";
import type { Bridge } from "./bridge.ts";
import type { ViewState, ViewStore } from "./view-store.ts";

/** What every part of the window works with: its bridge, and what it holds besides the host's state. */
export interface WindowBridge extends Bridge {
  readonly views: ViewStore;
  readonly ui: ChatUi;
  /** What the field of a room holds besides its text, by `draftPlaceOf`; it outlives the view of the room. */
  readonly roomUi: (place: string) => ChatUi;
}

/** Hands the bridge to everything below. */
export const BridgeContext = createContext<WindowBridge | undefined>(undefined);

export function useBridge(): WindowBridge {
  const bridge = use(BridgeContext);
  if (bridge === undefined) throw new Error("useBridge needs a BridgeContext above it");
  return bridge;
}

/** Selects from the chat state; the selector's result must be stable while nothing it reads has changed. */
export function useChat<T>(selector: (state: ChatState) => T): T {
  return useStore(useBridge().chat, selector);
}
/** Selects from what is known of rooms; as {@link useChat}. */
export function useRooms<T>(selector: (state: RoomsState) => T): T {
  return useStore(useBridge().rooms, selector);
}
export function useAuth(): AuthState {
  return useStore(useBridge().auth);
}
/** True when nothing of the account may be read in the window any more. */
export function useSignedOut(): boolean {
  return hasLeft(useAuth());
}
export function useApp<T>(selector: (state: AppState) => T): T {
  return useStore(useBridge().app, selector);
}
export function useView<T>(selector: (state: ViewState) => T): T {
  return useStore(useBridge().views.store, selector);
}
export function useChatUiState<T>(selector: (state: ChatUiState) => T): T {
  return useStore(useBridge().ui.store, selector);
}
