import type { ServerStatus } from "#contract/app-state.ts";
import type { ChatState } from "#contract/chat-state.ts";

/** How the window stands with its server; one word of the status line. */
export type Connection =
  | { readonly kind: "starting" | "online" | "offline" | "idle" }
  | { readonly kind: "unreachable"; readonly code: string; readonly message: string };

/** The server's own state counts first; of a server that runs, the result of the last exchange. */
export function connectionOf(server: ServerStatus, connection: ChatState["connection"]): Connection {
  if (server.kind !== "ready") return server;
  return { kind: connection === "unknown" ? "idle" : connection };
}
