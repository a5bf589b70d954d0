import type { ErrorCode } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { originOf, type ModelEndpoint } from "./model-endpoint.ts";

/** What went wrong between us and a model server, read from whatever was thrown. */
export interface Failure {
  /** HTTP status; undefined when there was no answer, or it failed half way. */
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The server's own words, else the error's. For matching and for the log. */
  readonly text: string;
  /** Node's or undici's code of the underlying network error, e.g. "ECONNREFUSED". */
  readonly networkCode: string | undefined;
}

const NO_CONNECTION_CODES = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
]);
/** Longest part of a server's own words that is shown. */
const QUOTE_MAX_CHARS = 200;

/** Reads an SDK error, a fetch error or an SSE error object (`{message, code}`) without depending on their classes. */
export function readFailure(reason: unknown): Failure {
  const fields = isRecord(reason) ? reason : {};
  const status = typeof fields["statusCode"] === "number" ? fields["statusCode"] : statusOf(fields["code"]);
  const body = typeof fields["responseBody"] === "string" ? fields["responseBody"] : undefined;
  const own = typeof fields["message"] === "string" ? fields["message"] : String(reason);
  return {
    status,
    headers: isRecord(fields["responseHeaders"]) ? (fields["responseHeaders"] as Record<string, string>) : {},
    text: body === undefined ? withCause(own, fields["cause"]) : (messageIn(body) ?? body),
    networkCode: networkCodeOf(reason),
  };
}

/**
 * Turns a failure of a model server into a PipitError whose message says what to do.
 * `nowMs` is for `Retry-After` dates (RFC 9110 §10.2.3).
 */
export function toModelError(reason: unknown, endpoint: ModelEndpoint, nowMs: number): PipitError {
  if (reason instanceof PipitError) return reason;
  const failure = readFailure(reason);
  const [code, message] = explain(failure, endpoint);
  const retryAfterMs = code === "RATE_LIMITED" ? retryAfterOf(failure.headers, nowMs) : undefined;
  return new PipitError(code, message, {
    detail: redact(
      `${originOf(endpoint.baseUrl)}: ${failure.status ?? failure.networkCode ?? "no status"}: ${failure.text}`,
      endpoint.key,
    ),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The model said nothing for too long. */
export function modelTimeout(endpoint: ModelEndpoint, timeoutMs: number): PipitError {
  return new PipitError(
    "MODEL_TIMEOUT",
    `${serverName(endpoint)} has said nothing for ${Math.ceil(timeoutMs / 1000)} s. It may be overloaded or still loading ${endpoint.model}; try again, or use a smaller model.`,
  );
}

/** The model ended without a word. */
export function modelSaidNothing(endpoint: ModelEndpoint): PipitError {
  return new PipitError(
    "MODEL_FAILED",
    `The model ${endpoint.model} ended without an answer. Ask again, or use another model.`,
  );
}

function explain(failure: Failure, endpoint: ModelEndpoint): [ErrorCode, string] {
  const server = serverName(endpoint);
  const { status } = failure;
  // Below 400 the answer began well and broke off while it was read.
  if (status === undefined || status < 400) return explainNoStatus(failure, endpoint);
  if (status === 401 || status === 403) {
    return [
      "MODEL_KEY_REFUSED",
      `${server} refused the API key. The operator of this server must check PIPIT_MODEL_KEY.`,
    ];
  }
  if (status === 404) return ["MODEL_MISSING", missingText(endpoint)];
  if (status === 429) return ["RATE_LIMITED", rateText(failure, server)];
  if (status >= 500) {
    return [
      "MODEL_FAILED",
      `${server} failed with status ${status}. Try again; if it stays, look at that server's log.`,
    ];
  }
  if (/context.{0,20}(length|window|size)|maximum.{0,30}tokens|too long/i.test(failure.text)) {
    return [
      "PROMPT_TOO_LONG",
      `The message is too long for the model ${endpoint.model}. Send a shorter one, or start a new chat.`,
    ];
  }
  const words = redact(failure.text, endpoint.key).slice(0, QUOTE_MAX_CHARS);
  return ["MODEL_FAILED", `${server} did not take the request (status ${status}): ${words}`];
}

function explainNoStatus(failure: Failure, endpoint: ModelEndpoint): [ErrorCode, string] {
  const server = serverName(endpoint);
  if (failure.networkCode !== undefined && NO_CONNECTION_CODES.has(failure.networkCode)) {
    const cure =
      endpoint.kind === "ollama"
        ? "Start it with `ollama serve`"
        : "The operator must check that it runs and that PIPIT_MODEL_URL is right";
    return [
      "MODEL_UNREACHABLE",
      `${server} does not answer (${failure.networkCode}). ${cure}; then try again.`,
    ];
  }
  if (/bad port|invalid url|failed to parse url|includes credentials|unknown scheme/i.test(failure.text)) {
    return [
      "MODEL_UNREACHABLE",
      `${server} cannot be asked: its address cannot be used. Check PIPIT_MODEL_URL.`,
    ];
  }
  if (/certificate|self.signed|\bTLS\b|\bSSL\b/i.test(`${failure.text} ${failure.networkCode ?? ""}`)) {
    return [
      "MODEL_UNREACHABLE",
      `${server} has a certificate that is not trusted. The operator of this server must check it, or PIPIT_MODEL_URL.`,
    ];
  }
  return [
    "MODEL_FAILED",
    `${server} broke off before the answer was complete. Try again; if it stays, look at that server's log.`,
  ];
}

function missingText(endpoint: ModelEndpoint): string {
  if (endpoint.kind === "ollama") {
    return `Ollama is running but has no model "${endpoint.model}": run \`ollama pull ${endpoint.model}\`.`;
  }
  return `${serverName(endpoint)} has no model "${endpoint.model}", or its address is wrong. Check PIPIT_MODEL, and that PIPIT_MODEL_URL ends in /v1 if that server needs it.`;
}

function rateText(failure: Failure, server: string): string {
  return /quota|billing|credit/i.test(failure.text)
    ? `${server} says that its account has used up its quota. The operator must check its plan and billing.`
    : `${server} gets too many requests just now. Wait a little and try again.`;
}

/** Without its address: any account reads these messages, and where the server's own network lies is for admins. */
function serverName({ kind }: ModelEndpoint): string {
  return kind === "ollama" ? "Ollama" : "The model server";
}

/** `retry-after-ms`, else `retry-after` as seconds or an HTTP date; undefined when neither can be read. */
function retryAfterOf(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const ms = Number(headers["retry-after-ms"]);
  if (headers["retry-after-ms"] !== undefined && Number.isFinite(ms)) return Math.max(0, ms);
  const value = headers["retry-after"];
  if (value === undefined) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/** Some servers quote the key they refuse, some errors the whole address; neither secret may reach a log. */
function redact(text: string, key: string | undefined): string {
  const plain = text.replace(/\/\/[^\s/@]+@/g, "//***@").replace(/(https?:\/\/[^\s?]+)\?\S*/g, "$1");
  return key === undefined || key === "" ? plain : plain.replaceAll(key, "***");
}

/** "fetch failed" alone says nothing; the cause does. */
function withCause(message: string, cause: unknown): string {
  return cause instanceof Error && !message.includes(cause.message)
    ? `${message}: ${cause.message}`
    : message;
}

function messageIn(body: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    const error = isRecord(parsed) ? (parsed["error"] ?? parsed) : undefined;
    if (typeof error === "string") return error;
    return isRecord(error) && typeof error["message"] === "string" ? error["message"] : undefined;
  } catch {
    // Not JSON: the caller quotes the body as it is.
    return undefined;
  }
}

/** SSE error objects of some servers carry the HTTP status as `code`. */
function statusOf(code: unknown): number | undefined {
  const value = typeof code === "string" && /^\d{3}$/.test(code) ? Number(code) : code;
  return typeof value === "number" && value >= 400 && value < 600 ? value : undefined;
}

function networkCodeOf(reason: unknown): string | undefined {
  let current = reason;
  for (let depth = 0; depth < 5 && isRecord(current); depth += 1) {
    const code = current["code"];
    if (typeof code === "string" && /^(E[A-Z]|UND_ERR|CERT|DEPTH|SELF|UNABLE)/.test(code)) return code;
    const first = Array.isArray(current["errors"]) ? (current["errors"][0] as unknown) : undefined;
    current = current["cause"] ?? first;
  }
  return undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
