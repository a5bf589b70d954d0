import type { AttachedFile } from "#contract/attached-file.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { Client } from "#engine/node/client.ts";
import type { Messages } from "../kit/messages.ts";
import type { ChosenChat } from "./chat-commands.ts";
import { printNote, type Terminal } from "../kit/terminal.ts";

/** The conversation of a terminal. */
export interface ChatContext {
  readonly client: Client;
  readonly terminal: Terminal;
  readonly messages: Messages;
  /** Goes with the first message. */
  readonly image?: ScreenImage;
  readonly files: readonly AttachedFile[];
  /** Gone on with; otherwise a new chat. */
  readonly chat?: ChosenChat;
}

/** Says that the server lost its database at this start. Only our own server: a named one has its own operator. */
export async function tellDatabaseSetAside(
  client: Client,
  terminal: Terminal,
  messages: Messages,
  signal: AbortSignal,
): Promise<void> {
  if (!client.ownServer) return;
  const { setAside } = await client.link.connect(signal);
  if (setAside !== undefined) printNote(terminal, messages.databaseSetAside(setAside));
}

/** Says, after a sign-in, when the tokens could not go to the keychain. */
export function tellTokenPlace(client: Client, terminal: Terminal, messages: Messages): void {
  const { kind, fallbackReason } = client.session.place();
  if (fallbackReason === undefined) return;
  const text = kind === "memory" ? messages.tokenPlaceMemory : messages.tokenPlaceFile;
  printNote(terminal, text(fallbackReason));
}
