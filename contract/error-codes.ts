/**
 * The closed set of error codes that cross any boundary of Pipit: gRPC (`google.rpc.ErrorInfo.reason`), HTTP bodies,
 * IPC and exit codes. `grpc` is the canonical gRPC status number, `http` the status of the same error on HTTP.
 * `retry` says whether sending the very same request again may help; see `docs/decisions` and docs/reference/streaming.md.
 */
export const errorCodes = {
  // The request cannot be taken as it is.
  INVALID_REQUEST: { grpc: 3, http: 400, retry: false },
  PROMPT_EMPTY: { grpc: 3, http: 400, retry: false },
  PROMPT_TOO_LONG: { grpc: 3, http: 413, retry: false },
  SCREENSHOT_INVALID: { grpc: 3, http: 400, retry: false },
  SCREENSHOT_TOO_LARGE: { grpc: 3, http: 413, retry: false },
  // A file of a message: what it is, what is in it, how much.
  FILE_UNSUPPORTED: { grpc: 3, http: 415, retry: false },
  FILE_EMPTY: { grpc: 3, http: 400, retry: false },
  FILE_TOO_LARGE: { grpc: 3, http: 413, retry: false },
  FILES_TOO_MANY: { grpc: 3, http: 413, retry: false },
  FILES_TOO_LONG: { grpc: 3, http: 413, retry: false },
  HARDWARE_ID_INVALID: { grpc: 3, http: 400, retry: false },
  MESSAGE_TOO_LARGE: { grpc: 8, http: 413, retry: false },
  CHAT_NOT_FOUND: { grpc: 5, http: 404, retry: false },
  // Its chat is there.
  TURN_NOT_FOUND: { grpc: 5, http: 404, retry: false },
  // There is none, or the user is no member of it: both look alike.
  ROOM_NOT_FOUND: { grpc: 5, http: 404, retry: false },
  // Who is asking.
  TOKEN_MISSING: { grpc: 16, http: 401, retry: false },
  TOKEN_EXPIRED: { grpc: 16, http: 401, retry: false },
  TOKEN_INVALID: { grpc: 16, http: 401, retry: false },
  // The account of this sign-in was switched off, or erased with everything of it; no other sign-in would help.
  ACCOUNT_CLOSED: { grpc: 16, http: 401, retry: false },
  NOT_ALLOWED: { grpc: 7, http: 403, retry: false },
  // Wrong login or password: one code and one text for both.
  CREDENTIALS_INVALID: { grpc: 16, http: 401, retry: false },
  // The password was right; a code of the second factor must come with it.
  OTP_REQUIRED: { grpc: 16, http: 401, retry: false },
  OTP_INVALID: { grpc: 16, http: 401, retry: false },
  // Too many failures for this account; right passwords wait as well.
  ACCOUNT_LOCKED: { grpc: 8, http: 429, retry: true },
  // Too much at once.
  RATE_LIMITED: { grpc: 8, http: 429, retry: true },
  STREAM_LIMIT: { grpc: 8, http: 429, retry: true },
  // The account has used up its tokens of the day or month.
  QUOTA_EXCEEDED: { grpc: 7, http: 429, retry: false },
  // The client takes the messages of a room more slowly than they come; it goes on after the last one that it has.
  READER_TOO_SLOW: { grpc: 8, http: 429, retry: true },
  // The same message is being answered by another server process.
  TURN_RUNNING_ELSEWHERE: { grpc: 10, http: 409, retry: true },
  // The server that was answering is gone, or was away for too long; what it had said by then is not kept.
  ANSWER_LOST: { grpc: 14, http: 503, retry: true },
  // The language model.
  MODEL_UNREACHABLE: { grpc: 14, http: 503, retry: true },
  MODEL_MISSING: { grpc: 14, http: 503, retry: false },
  MODEL_KEY_REFUSED: { grpc: 14, http: 503, retry: false },
  // The account at its provider has no money or quota left, and gets none by waiting.
  MODEL_QUOTA: { grpc: 8, http: 503, retry: false },
  // It will never take this very message.
  MODEL_REFUSED: { grpc: 3, http: 422, retry: false },
  MODEL_FAILED: { grpc: 14, http: 502, retry: true },
  MODEL_TIMEOUT: { grpc: 4, http: 504, retry: true },
  // Speech was asked for and nothing else (GenerateWelcomeAudio), and no voice speaks the language.
  VOICE_MISSING: { grpc: 14, http: 503, retry: false },
  // The server as a whole.
  SERVER_UNREACHABLE: { grpc: 14, http: 503, retry: true },
  // What answers at the address is something else; a version of Pipit that this program cannot talk to; a certificate that the machine does not trust.
  SERVER_NOT_PIPIT: { grpc: 9, http: 502, retry: false },
  SERVER_TOO_OLD: { grpc: 9, http: 502, retry: false },
  CERTIFICATE_REFUSED: { grpc: 9, http: 502, retry: false },
  SERVER_STOPPING: { grpc: 14, http: 503, retry: true },
  // More passwords at once than the server can check in good time.
  SERVER_BUSY: { grpc: 14, http: 503, retry: true },
  // The counters of attempts cannot be reached, and without them no password is checked.
  LIMITS_UNREACHABLE: { grpc: 14, http: 503, retry: true },
  // The clocks of the server's machine and of its database are a minute apart: what depends on time is not done.
  CLOCK_WRONG: { grpc: 14, http: 503, retry: true },
  DATABASE_UNREACHABLE: { grpc: 14, http: 503, retry: true },
  DEADLINE_EXCEEDED: { grpc: 4, http: 504, retry: true },
  CANCELLED: { grpc: 1, http: 499, retry: false },
  STORAGE_FULL: { grpc: 14, http: 507, retry: true },
  STORAGE_CORRUPT: { grpc: 14, http: 500, retry: false },
  STORAGE_UNREADABLE: { grpc: 14, http: 500, retry: false },
  INTERNAL: { grpc: 13, http: 500, retry: false },
  // Things of this machine; they never travel.
  STORAGE_REFUSED: { grpc: 9, http: 500, retry: false },
  SIGNED_OUT: { grpc: 16, http: 401, retry: false },
  USAGE: { grpc: 3, http: 400, retry: false },
  CONFIG_INVALID: { grpc: 9, http: 500, retry: false },
  PORT_IN_USE: { grpc: 9, http: 500, retry: false },
  DATA_FOLDER_IN_USE: { grpc: 9, http: 500, retry: false },
  KEYCHAIN_UNAVAILABLE: { grpc: 9, http: 500, retry: false },
  KEYCHAIN_LOCKED: { grpc: 9, http: 500, retry: false },
  NO_DISPLAY: { grpc: 9, http: 500, retry: false },
  SCREEN_REFUSED: { grpc: 9, http: 500, retry: false },
  // What was to be photographed is not there any more, or is elsewhere.
  DISPLAY_CHANGED: { grpc: 9, http: 500, retry: false },
  WINDOW_GONE: { grpc: 9, http: 500, retry: false },
  // A file that was chosen, and cannot be read.
  FILE_GONE: { grpc: 9, http: 500, retry: false },
  FILE_LOCKED: { grpc: 9, http: 500, retry: false },
  FILE_DAMAGED: { grpc: 9, http: 500, retry: false },
  FILE_WITHOUT_TEXT: { grpc: 9, http: 500, retry: false },
  FILE_TOO_SLOW: { grpc: 9, http: 500, retry: false },
  NO_SOUND_DEVICE: { grpc: 9, http: 500, retry: false },
} as const satisfies Record<string, { grpc: number; http: number; retry: boolean }>;

/** One of the codes above. */
export type ErrorCode = keyof typeof errorCodes;

/** True for a string that is one of our codes; narrows what came over a wire. */
export function isErrorCode(value: string): value is ErrorCode {
  return Object.hasOwn(errorCodes, value);
}
