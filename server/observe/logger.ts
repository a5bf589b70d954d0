import pino from "pino";
import { isErrorCode } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Logger } from "#contract/logger.ts";
import { visibleJson } from "#contract/terminal-text.ts";

/** Depth and sizes beyond which a log line is cut; a log must never be the thing that breaks the server. */
const MAX_DEPTH = 8;
const MAX_ITEMS = 100;
const MAX_STRING_CHARS = 8_192;
const UNWRITTEN_MAX_BYTES = 1024 * 1024;
const REDACTED = "[redacted]";

/** Words that, anywhere in a field's name, mark its value as secret. */
const secretWords = new Set([
  "authorization",
  "token",
  "tokens",
  "password",
  "passphrase",
  "secret",
  "secrets",
  "key",
  "keys",
  "code",
  "codes",
  "cookie",
  "cookies",
  "credential",
  "credentials",
  "otp",
  "jwt",
]);
/** Error codes of Node, SQLite and gRPC are what a log is for. */
const systemCode = /^(?:E[A-Z0-9]{2,20}|(?:ERR|SQLITE|FST|UND)_[A-Z0-9_]{2,60})$/;
const MAX_STATUS_NUMBER = 599;

/** Secrets that are recognisable wherever they stand in a text. */
const secretPatterns: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{4,}/gi, `$1 ${REDACTED}`],
  [/\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?/g, REDACTED],
  [/\bsk-[A-Za-z0-9_-]{8,}/g, REDACTED],
  [/\bpipit_[A-Za-z0-9_-]{20,}/g, REDACTED],
  [/(:\/\/)[^\s/@:]*:[^\s/@]*@/g, `$1${REDACTED}@`],
  [
    /\b((?:[a-z]+[_-])*(?:token|password|secret|key|code|otp|cookie|authorization)["']?\s*[=:]\s*["']?)(?!\[redacted\]|bearer|basic)[^\s"'&,;}]+/gi,
    `$1${REDACTED}`,
  ],
];

export interface LoggerOptions {
  readonly level: "debug" | "info" | "warn" | "error";
  /** Takes whole lines; default: standard error, synchronously, so that the last line before an end is not lost. */
  readonly destination?: { write(line: string): void };
  /** Correlation id of the request that is being served now, if any. */
  readonly correlationId?: () => string | undefined;
}

/**
 * One JSON object per line: `level`, `time` (ISO 8601), `event`, `correlationId`, and the redacted fields.
 *
 * @example logger.warn("model.failed", { model: "llama3", error })
 */
export function createLogger(options: LoggerOptions): Logger {
  const destination = options.destination ?? standardError();
  const root = pino(
    {
      level: options.level,
      base: null,
      messageKey: "event",
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    // An operator's terminal shows it, with the words of clients, models and databases.
    { write: (line: string) => void destination.write(visibleJson(line)) },
  );
  const write =
    (level: LoggerOptions["level"]): Logger["info"] =>
    (event, fields) => {
      if (!root.isLevelEnabled(level)) return;
      const correlationId = options.correlationId?.();
      root[level](
        { ...(correlationId === undefined ? {} : { correlationId }), ...redactFields(fields ?? {}) },
        redactText(event),
      );
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/**
 * Lines that cannot be written (a terminal that is gone, a full disk) wait, the first {@link UNWRITTEN_MAX_BYTES} of them,
 * for the next that can; they are no reason to fail for whoever had something to say.
 */
function standardError(): { write(line: string): unknown } {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: UNWRITTEN_MAX_BYTES });
  return destination.on("error", () => {});
}

/** A copy of the fields without secrets: by the words of a field's name, in any nesting, and by the look of a text. */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactObject(fields, 0, new Set());
}

/** A text without bearer credentials, JWTs, API keys, passwords in URLs, and `name=value` pairs of secret names. */
export function redactText(text: string): string {
  const cut =
    text.length > MAX_STRING_CHARS ? `${text.slice(0, MAX_STRING_CHARS)}… (${text.length} characters)` : text;
  return secretPatterns.reduce(
    (current, [pattern, replacement]) => current.replace(pattern, replacement),
    cut,
  );
}

function redactValue(value: unknown, depth: number, seen: Set<object>): unknown {
  switch (typeof value) {
    case "string":
      return redactText(value);
    case "bigint":
    case "symbol":
      return String(value);
    case "function":
      return "[function]";
    case "object":
      return value === null ? null : redactNested(value, depth, seen);
    default:
      return value;
  }
}

function redactNested(value: object, depth: number, seen: Set<object>): unknown {
  if (seen.has(value)) return "[circular]";
  if (depth >= MAX_DEPTH) return "[deep]";
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return value;
  if (value instanceof URL) return redactText(value.toString());
  seen.add(value);
  try {
    if (value instanceof Error) return redactError(value, depth, seen);
    if (value instanceof Headers) return redactObject(Object.fromEntries(value), depth, seen);
    if (value instanceof Map) return redactObject(stringKeys(value), depth, seen);
    if (Array.isArray(value) || value instanceof Set) {
      return [...value].slice(0, MAX_ITEMS).map((item) => redactValue(item, depth + 1, seen));
    }
    return redactObject({ ...value }, depth, seen);
  } finally {
    seen.delete(value);
  }
}

function stringKeys(map: ReadonlyMap<unknown, unknown>): Record<string, unknown> {
  return Object.fromEntries([...map].map(([key, value]) => [String(key), value]));
}

function redactError(error: Error, depth: number, seen: Set<object>): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  return {
    ...redactObject({ ...error }, depth, seen),
    name,
    message: redactText(message),
    // Where, for operators who read logs; the message stands above already.
    ...(stack === undefined || error instanceof PipitError
      ? {}
      : { stack: redactText(stack.split("\n").slice(1).join("\n")) }),
    ...(cause === undefined ? {} : { cause: redactValue(cause, depth + 1, seen) }),
  };
}

function redactObject(
  object: Readonly<Record<string, unknown>>,
  depth: number,
  seen: Set<object>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object)
      .slice(0, MAX_ITEMS)
      .map(([name, value]) => [
        name,
        isSecretName(name) && !isHarmless(name, value) ? REDACTED : redactValue(value, depth + 1, seen),
      ]),
  );
}

function isSecretName(name: string): boolean {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .some((word) => secretWords.has(word));
}

/** Counts (`inputTokens: 12`), flags, statuses and error codes are not secrets although their names sound like it. */
function isHarmless(name: string, value: unknown): boolean {
  if (value === undefined || value === null || typeof value === "boolean") return true;
  if (typeof value === "number")
    return /tokens$/i.test(name) || (/code$/i.test(name) && value <= MAX_STATUS_NUMBER);
  if (typeof value !== "string" || !/code$/i.test(name)) return false;
  return isErrorCode(value) || systemCode.test(value);
}
