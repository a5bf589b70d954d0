import { randomUUID } from "node:crypto";
import type { HandlerContext } from "@connectrpc/connect";
import { ID_MAX_CHARS, MODEL_NAME_MAX_CHARS, PROMPT_MAX_CHARS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import { callerKey } from "./call-context.ts";

const HARDWARE_ID_MAX_CHARS = 256;
const LOCALE_MAX_CHARS = 35;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Text of the original servers for a bad hardware id, which clients may compare (docs/reference/streaming.md). */
export const HARDWARE_ID_TEXT = "hardware_id is required and must be valid (not empty or 'unknown')";

/** Who calls; the auth interceptor has put it there. Throws TOKEN_MISSING. */
export function requireCaller(context: Pick<HandlerContext, "values">): Caller {
  const caller = context.values.get(callerKey);
  if (caller === undefined)
    throw new PipitError("TOKEN_MISSING", "Sign in first: this call carries no access token.");
  return caller;
}

/** False for an empty, blank, over-long or "unknown" hardware id. */
export function isHardwareId(value: string): boolean {
  const id = value.trim();
  return id !== "" && id.toLowerCase() !== "unknown" && id.length <= HARDWARE_ID_MAX_CHARS;
}

/** The hardware id without surrounding blanks. Throws HARDWARE_ID_INVALID. */
export function checkHardwareId(value: string): string {
  if (isHardwareId(value)) return value.trim();
  throw new PipitError("HARDWARE_ID_INVALID", `${HARDWARE_ID_TEXT}.`, { field: "hardware_id" });
}

/** The client's session id, or a new UUID v4 when it sent none. Throws INVALID_REQUEST. */
export function checkSessionId(value: string | undefined): string {
  if (value === undefined || value.trim() === "") return randomUUID();
  if (value.length <= ID_MAX_CHARS) return value;
  throw new PipitError(
    "INVALID_REQUEST",
    `session_id is ${value.length} characters long; the limit is ${ID_MAX_CHARS}. Send a UUID.`,
    { field: "session_id" },
  );
}

/** The message id in lower case. Throws INVALID_REQUEST for anything but a UUID. */
export function checkClientMessageId(value: string | undefined): string | undefined {
  return uuidIn("client_message_id", value, "each message and kept when the message is sent again");
}

/** The key of a new chat in lower case. Throws INVALID_REQUEST for anything but a UUID. */
export function checkChatKey(value: string | undefined): string | undefined {
  const made = "each chat and the same for all its messages until the server has named it";
  return uuidIn("chat_key", value, made);
}

/** The key of a new room in lower case. Throws INVALID_REQUEST for anything but a UUID. */
export function checkClientRoomId(value: string | undefined): string | undefined {
  return uuidIn("client_room_id", value, "each room and kept when its making is asked for again");
}

function uuidIn(field: string, value: string | undefined, made: string): string | undefined {
  if (value === undefined) return undefined;
  if (UUID.test(value)) return value.toLowerCase();
  throw new PipitError("INVALID_REQUEST", `${field} must be a UUID, made anew for ${made}.`, { field });
}

/** The id that the server gave to a room or message, or undefined for none. Throws what `otherwise` makes. */
export function readId(value: string | undefined, otherwise: () => PipitError): string | undefined {
  if (value === undefined || value === "") return undefined;
  if (UUID.test(value)) return value.toLowerCase();
  throw otherwise();
}

/** The prompt without NUL, which no text column of PostgreSQL takes. Throws PROMPT_EMPTY or PROMPT_TOO_LONG. */
export function checkPrompt(value: string): string {
  checkPromptLength(value);
  if (value.trim() === "") {
    throw new PipitError("PROMPT_EMPTY", "The message is empty. Type a question and send it again.", {
      field: "prompt",
    });
  }
  return value.replaceAll("\0", "\uFFFD");
}

/** Throws PROMPT_TOO_LONG. */
export function checkPromptLength(value: string): void {
  if (value.length <= PROMPT_MAX_CHARS) return;
  throw new PipitError(
    "PROMPT_TOO_LONG",
    `The message is ${value.length} characters long; the limit is ${PROMPT_MAX_CHARS}. Send it in parts.`,
    { field: "prompt" },
  );
}

/** The name of a model, or undefined for none. Throws INVALID_REQUEST. */
export function readModel(value: string | undefined): string | undefined {
  if (value === undefined || value === "") return undefined;
  if (value.length <= MODEL_NAME_MAX_CHARS && !/\p{Cc}/u.test(value)) return value;
  throw new PipitError(
    "INVALID_REQUEST",
    `model must be a name of at most ${MODEL_NAME_MAX_CHARS} characters; GET /v1/models lists them.`,
    { field: "model" },
  );
}

/**
 * The BCP 47 tag in canonical form, or undefined. A tag that names no language ("C", "POSIX") is the same as none: it
 * comes from a machine's settings, and the person cannot be asked to mend those to get an answer.
 */
export function readLocale(value: string | undefined): string | undefined {
  if (value === undefined || value.length > LOCALE_MAX_CHARS) return undefined;
  try {
    return Intl.getCanonicalLocales(value.replace(/[.@].*$/, "").replaceAll("_", "-"))[0];
  } catch {
    return undefined;
  }
}
