import type { Client } from "../client.ts";
import type { Messages } from "../messages.ts";
import { printNote, type Terminal } from "../terminal.ts";

/** Says, after a sign-in, when the tokens could not go to the keychain. */
export function tellTokenPlace(client: Client, terminal: Terminal, messages: Messages): void {
  const { fallbackReason } = client.session.place();
  if (fallbackReason !== undefined) printNote(terminal, messages.tokenPlaceFile(fallbackReason));
}
