import type { ErrorCode } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { quotedWords } from "./quoted-words.ts";
import { saidErrorInBody } from "./wire/said-error.ts";

/** Longest time without a byte from the other server. */
const SILENCE_MS = 60_000;
/** Largest answer that is handed on. */
const ANSWER_MAX_BYTES = 256 * 1024 * 1024;
/** How much of an error's body is read. */
const ERROR_MAX_BYTES = 65_536;

/** A server with one part of the OpenAI API, as the operator configured it. */
export interface Provider {
  /** Base of its API, e.g. "http://127.0.0.1:8080/v1". */
  readonly url: string;
  readonly key: string | undefined;
  /** What its settings begin with, e.g. "PIPIT_EMBEDDINGS". */
  readonly settings: string;
}

/** What is handed on as it is. */
export interface ForwardedRequest {
  /** Below the base, e.g. "/embeddings". */
  readonly path: string;
  readonly type: string;
  readonly body: string | AsyncIterable<Uint8Array>;
}

/** An answer that has begun. */
export interface ForwardedAnswer {
  readonly type: string;
  /** Its iteration throws as {@link forward}. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Asks another server with its own key, and hands its answer on while it comes. What it refuses is told in its words, without
 * addresses and keys. Aborting `signal`, or leaving the loop, ends the request.
 *
 * @throws PipitError MODEL_*, RATE_LIMITED, CANCELLED, or what the iteration of `body` threw
 */
export async function forward(
  provider: Provider,
  { path, type, body }: ForwardedRequest,
  signal: AbortSignal,
): Promise<ForwardedAnswer> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(silent(provider)), SILENCE_MS).unref();
  const failed: { reason?: unknown } = {};
  const ended = (): void => clearTimeout(timer);
  try {
    const response = await fetch(`${provider.url.replace(/\/+$/, "")}${path}`, {
      method: "POST",
      headers: { "content-type": type, ...(provider.key && { authorization: `Bearer ${provider.key}` }) },
      body: typeof body === "string" ? body : watched(body, timer, failed),
      ...(typeof body === "string" ? {} : { duplex: "half" }),
      // The key belongs to no other server.
      redirect: "error",
      signal: AbortSignal.any([signal, stop.signal]),
    } as RequestInit);
    if (!response.ok) throw await refusalOf(provider, response);
    return {
      type: response.headers.get("content-type") ?? "application/octet-stream",
      body: handedOn(provider, response, { timer, signal, stop: stop.signal }),
    };
  } catch (reason) {
    ended();
    throw failureOf(provider, failed.reason ?? reason, signal, stop.signal);
  }
}

/** Bytes of a client, each of which is a sign of life. */
async function* watched(
  body: AsyncIterable<Uint8Array>,
  timer: NodeJS.Timeout,
  failed: { reason?: unknown },
): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of body) {
      timer.refresh();
      yield piece;
    }
  } catch (reason) {
    failed.reason = reason;
    throw reason;
  }
}

async function* handedOn(
  provider: Provider,
  { body }: Response,
  ends: { readonly timer: NodeJS.Timeout; readonly signal: AbortSignal; readonly stop: AbortSignal },
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const piece of body ?? []) {
      ends.timer.refresh();
      bytes += piece.byteLength;
      if (bytes > ANSWER_MAX_BYTES) throw broken(provider, "sent more than 256 MiB");
      yield piece;
    }
  } catch (reason) {
    throw failureOf(provider, reason, ends.signal, ends.stop);
  } finally {
    clearTimeout(ends.timer);
  }
}

function failureOf(provider: Provider, reason: unknown, signal: AbortSignal, stop: AbortSignal): PipitError {
  if (reason instanceof PipitError) return reason;
  if (signal.aborted) return PipitError.from(signal.reason);
  if (stop.aborted) return PipitError.from(stop.reason);
  return new PipitError(
    "MODEL_UNREACHABLE",
    `The server behind ${provider.settings}_URL cannot be reached. The operator must check that it runs and that the address is right; then try again.`,
    { detail: reason instanceof Error ? String(reason.cause ?? reason.message) : String(reason) },
  );
}

async function refusalOf(provider: Provider, { status, body }: Response): Promise<PipitError> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body ?? []) {
    pieces.push(piece);
    size += piece.byteLength;
    if (size >= ERROR_MAX_BYTES) break;
  }
  const endpoint = { kind: "configured", baseUrl: provider.url, key: provider.key, model: "" } as const;
  const said = quotedWords(saidErrorInBody(Buffer.concat(pieces).toString("utf8")).message, endpoint);
  const says = said === "" ? "" : ` It says: "${said}"`;
  const who = `The server behind ${provider.settings}_URL`;
  const refused: readonly [ErrorCode, string] =
    status === 401 || status === 403
      ? ["MODEL_KEY_REFUSED", `${who} refused the key. The operator must check ${provider.settings}_KEY.`]
      : status === 429
        ? ["RATE_LIMITED", `${who} gets too many requests just now. Wait a moment and try again.${says}`]
        : status >= 500
          ? ["MODEL_FAILED", `${who} failed with status ${status}.${says}`]
          : ["MODEL_REFUSED", `${who} did not take the request (status ${status}).${says}`];
  return new PipitError(...refused);
}

function broken({ settings }: Provider, how: string): PipitError {
  return new PipitError("MODEL_FAILED", `The server behind ${settings}_URL ${how}.`);
}

function silent({ settings }: Provider): PipitError {
  return new PipitError(
    "MODEL_TIMEOUT",
    `The server behind ${settings}_URL has said nothing for ${SILENCE_MS / 1000} s. Try again.`,
  );
}
