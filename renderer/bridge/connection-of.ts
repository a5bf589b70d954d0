import type { AppState, ServerStatus } from "#contract/app-state.ts";
import type { ChatState } from "#contract/chat-state.ts";

/** How the window stands with its server; one word of the status line. */
export type Connection =
  | { readonly kind: "starting" | "keychain" | "online" | "offline" | "idle" }
  | { readonly kind: "unreachable"; readonly code: string; readonly message: string };

/**
 * A keychain that is waited for counts first, since nothing starts before it answers; then the server's own state, and of
 * one that runs the result of the last exchange.
 */
export function connectionOf(
  server: ServerStatus,
  connection: ChatState["connection"],
  tokenPlace?: AppState["tokenPlace"],
): Connection {
  if (tokenPlace?.waiting === true) return { kind: "keychain" };
  if (server.kind !== "ready") return server;
  return { kind: connection === "unknown" ? "idle" : connection };
}
