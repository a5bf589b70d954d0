import * as z from "zod/mini";
import { command, nothing } from "./command.ts";

const TOKEN_MAX_CHARS = 16_384;

/** Who is signed in, and where. */
export const sessionCommands = {
  /** Signs in to the local account of this machine's own server. A page throws NOT_ALLOWED. */
  signInLocally: command<void>()(nothing),
  /** An empty `serverUrl` means the server of the settings; so does any on a host that knows only one server. */
  signInWithToken: command<void>()(
    z.strictObject({
      serverUrl: z.string().check(z.maxLength(2048)),
      token: z.string().check(z.minLength(1), z.maxLength(TOKEN_MAX_CHARS)),
    }),
  ),
  signOut: command<void>()(nothing),
  /** Tries to reach the server now and takes up what waits in the outbox. Throws what keeps it from that. */
  reconnect: command<void>()(nothing),
} as const;
