import * as z from "zod/mini";
import type { ServerLook } from "../sign-in.ts";
import { command, nothing } from "./command.ts";

const TOKEN_MAX_CHARS = 16_384;

/** Longer ones are refused by the server; these bounds only keep nonsense out. */
const typed = z.string().check(z.minLength(1), z.maxLength(4_096));

/** An empty `serverUrl` means this machine's own server; on a page any means the server that it came from. */
const server = { serverUrl: z.string().check(z.maxLength(2048)) };

/** One of the `accounts` of the state; the original writes no id. */
const account = { ...server, accountId: z.string().check(z.maxLength(4_096)) };

/**
 * Who is signed in, and where. One sign-in runs at a time: the next ends the one before, as `cancelSignIn` does, with
 * CANCELLED. One that fails leaves everything as it was, the server too.
 */
export const sessionCommands = {
  /**
   * Asks a server how it signs people in. The next look ends the one before: CANCELLED. Throws SERVER_UNREACHABLE,
   * SERVER_NOT_PIPIT, SERVER_TOO_OLD, CERTIFICATE_REFUSED, CONFIG_INVALID.
   */
  lookAtServer: command<ServerLook>()(z.strictObject(server)),
  /** Signs in to the local account of this machine's own server. A page throws NOT_ALLOWED. */
  signInLocally: command<void>()(nothing),
  signInWithToken: command<void>()(
    z.strictObject({ ...server, token: z.string().check(z.minLength(1), z.maxLength(TOKEN_MAX_CHARS)) }),
  ),
  /** Throws CREDENTIALS_INVALID, OTP_REQUIRED (ask for `code` and call again), OTP_INVALID, ACCOUNT_LOCKED, RATE_LIMITED. */
  signInWithPassword: command<void>()(
    z.strictObject({ ...server, login: typed, password: typed, code: z.optional(typed) }),
  ),
  /** Opens the system's browser at the server's page, and waits for what it brings back. A page throws NOT_ALLOWED. */
  signInByBrowser: command<void>()(z.strictObject(server)),
  /** Shows in the state (`devicePrompt`) what to do at another device, and waits for it. A page throws NOT_ALLOWED. */
  signInByDevice: command<void>()(z.strictObject(server)),
  /**
   * By the one-time address that the page was opened with (`signInLink` of the state), with its digits where they are asked
   * for. Throws OTP_INVALID with the field `digits`, TOKEN_INVALID when the address is used up or too old.
   */
  signInByLink: command<void>()(z.strictObject({ digits: z.optional(z.string().check(z.maxLength(64))) })),
  /** The address is not used. */
  dropSignInLink: command<void>()(nothing),
  /** Makes an account and signs in to it. Throws INVALID_REQUEST with the field, NOT_ALLOWED. */
  register: command<void>()(
    z.strictObject({
      ...server,
      login: typed,
      password: typed,
      displayName: z.string().check(z.maxLength(4_096)),
    }),
  ),
  /** Ends the sign-in that runs, if one does. */
  cancelSignIn: command<void>()(nothing),
  /**
   * Goes on as another account that is signed in; the one before stays signed in, with its drafts and its queue. Throws
   * SIGNED_OUT when it is not any more. A page throws NOT_ALLOWED.
   */
  switchAccount: command<void>()(z.strictObject(account)),
  signOut: command<void>()(nothing),
  /** Signs out one account, in use or not; a page has none of these. */
  signOutAccount: command<void>()(z.strictObject(account)),
  /** Tries to reach the server now and takes up what waits in the outbox. Throws what keeps it from that. */
  reconnect: command<void>()(nothing),
} as const;
