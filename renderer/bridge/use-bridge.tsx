import { createContext, use, type ReactNode } from "react";
import { useStore } from "zustand";
import type { AppState } from "#contract/app-state.ts";
import type { AuthState } from "#contract/auth-state.ts";
import type { ChatState } from "#contract/chat-state.ts";
import type { Bridge } from "./bridge.ts";

const BridgeContext = createContext<Bridge | undefined>(undefined);

/** Hands the bridge to everything below. */
export function BridgeProvider({
  bridge,
  children,
}: {
  readonly bridge: Bridge;
  readonly children: ReactNode;
}) {
  return <BridgeContext value={bridge}>{children}</BridgeContext>;
}

export function useBridge(): Bridge {
  const bridge = use(BridgeContext);
  if (bridge === undefined) throw new Error("useBridge needs a BridgeProvider above it");
  return bridge;
}

/** Selects from the chat state; the selector's result must be stable while nothing it reads has changed. */
export function useChat<T>(selector: (state: ChatState) => T): T {
  return useStore(useBridge().chat, selector);
}
export function useAuth(): AuthState {
  return useStore(useBridge().auth);
}
export function useApp<T>(selector: (state: AppState) => T): T {
  return useStore(useBridge().app, selector);
}
