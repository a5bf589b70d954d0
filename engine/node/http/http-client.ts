import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { systemCodeOf } from "#contract/system-error.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { MESSAGE_MAX_BYTES } from "#contract/limits.ts";
import type { SentFile } from "#engine/history/import-chats.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "#engine/ports.ts";
import { refusalOf } from "#engine/wire/json-api.ts";
import { certificateError } from "#contract/texts/certificate-error.ts";
import { isLoopbackHost } from "#engine/loopback.ts";

/** Below the 10 s of the credentials lock, so that a refresh always ends before its lock does (docs/reference/developer-api.md, "Credentials file"). */
const DEFAULT_TIMEOUT_MS = 8_000;
const MAX_REDIRECTS = 5;
/** Longest silence of a server that sends a file. */
const DEFAULT_SILENCE_MS = 60_000;

/** Files that are read while they come or go, so that they may be longer than memory. */
export interface FileClient {
  /**
   * @param headers of the request
   * @returns the pieces of the file; leaving the loop ends the download
   * @throws PipitError what the server answers instead; also from the loop SERVER_UNREACHABLE, when the file breaks off,
   *   and CANCELLED
   */
  download(path: string, headers: Headers, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Sends a file, and gives the pieces of the answer; it takes the time it takes. Throws as {@link download}. */
  upload(
    path: string,
    headers: Headers,
    sent: SentFile,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>>;
}

type FileRequest = HttpRequest & { readonly sent?: SentFile };

/**
 * An {@link HttpClient} on the global fetch. Redirects are followed only within the origin, so no header or body ever
 * reaches another server.
 *
 * @param serverUrl base of all paths, e.g. "http://127.0.0.1:8787"; plain HTTP only to this machine
 * @param timeoutMs whole exchange, redirects and body included
 * @throws PipitError CONFIG_INVALID for a URL that is not HTTPS and not on this machine.
 */
export function createHttpClient(
  serverUrl: string,
  timeoutMs = DEFAULT_TIMEOUT_MS,
  silenceMs = DEFAULT_SILENCE_MS,
): HttpClient & FileClient {
  const base = parseServerUrl(serverUrl);
  const told = (error: unknown, signal: AbortSignal, limit: AbortSignal, limitMs: number): PipitError => {
    if (error instanceof PipitError) return error;
    if (signal.aborted) return new PipitError("CANCELLED", "Cancelled.", { cause: error });
    if (limit.aborted) return unreachable(base, `no answer within ${limitMs} ms`, error);
    const cause = causeOf(error);
    return certificateError(base.host, cause.message) ?? unreachable(base, describe(cause), error);
  };
  const open = async (request: FileRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> => {
    const { path } = request;
    const url = resolvePath(base, path);
    const silence = createSilence(silenceMs);
    const explain = (error: unknown) => told(error, signal, silence.signal, silenceMs);
    try {
      const asked = follow(url, request, AbortSignal.any([signal, silence.signal]));
      // How long a file is on its way is up to the network, and the server's to limit.
      const answer = await (request.sent === undefined ? silence.limits(asked) : asked);
      if (answer.status !== 200) throw refusalOf(path, await silence.limits(readResponse(answer, url)));
      return pieces(answer, silence, explain);
    } catch (error) {
      throw explain(error);
    }
  };
  return {
    async request(request, signal) {
      const url = resolvePath(base, request.path);
      const limitMs = request.timeoutMs ?? timeoutMs;
      const timeout = AbortSignal.timeout(limitMs);
      try {
        const answer = await follow(url, request, AbortSignal.any([signal, timeout]));
        return await readResponse(answer, url);
      } catch (error) {
        throw told(error, signal, timeout, limitMs);
      }
    },
    download: (path, headers, signal) =>
      open({ method: "GET", path, headers: Object.fromEntries(headers) }, signal),
    upload: (path, headers, sent, signal) =>
      open({ method: "POST", path, headers: Object.fromEntries(headers), sent }, signal),
  };
}

/** Aborts `signal` when what is waited for takes too long; a reader that takes its time is not waited for. */
function createSilence(limitMs: number) {
  const silence = new AbortController();
  return {
    signal: silence.signal,
    async limits<T>(work: Promise<T>): Promise<T> {
      const timer = setTimeout(() => silence.abort(), limitMs);
      try {
        return await work;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function* pieces(
  answer: Response,
  silence: ReturnType<typeof createSilence>,
  explain: (error: unknown) => PipitError,
): AsyncGenerator<Uint8Array> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { value } = await silence.limits(reader.read());
      if (value === undefined) return;
      yield value;
    }
  } catch (error) {
    throw explain(error);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/**
 * Checks a server URL and gives it back without a trailing slash, query or fragment.
 *
 * @throws PipitError CONFIG_INVALID naming the cure.
 */
export function parseServerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new PipitError(
      "CONFIG_INVALID",
      `"${text}" is not a server URL. Use one like https://pipit.example.org.`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new PipitError(
      "CONFIG_INVALID",
      "A server URL must not hold a user name or password. Remove them and sign in instead.",
    );
  }
  if (url.protocol === "http:" && !isLoopbackHost(url.hostname)) {
    throw new PipitError(
      "CONFIG_INVALID",
      `Authentication requires an HTTPS server URL. Use https://${url.host} instead of http://${url.host}.`,
    );
  }
  url.search = "";
  url.hash = "";
  url.pathname = url.pathname.replace(/\/+$/u, "");
  return url;
}

function resolvePath(base: URL, path: string): URL {
  const prefix = base.pathname === "/" ? "" : base.pathname;
  const url = new URL(`${prefix}${path.startsWith("/") ? "" : "/"}${path}`, base);
  // "//host/x" and the like would leave the server.
  if (url.origin !== base.origin)
    throw new PipitError("INVALID_REQUEST", "A request path must stay on the server.");
  return url;
}

/** Sends a request, on to where the server says that it belongs. */
async function follow(start: URL, request: FileRequest, signal: AbortSignal): Promise<Response> {
  let url = start;
  let method: string = request.method;
  let body = await bodyOf(request);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const response = await fetch(url, {
      method,
      redirect: "manual",
      signal,
      headers: headersFor(url, request),
      ...body?.(),
    });
    const location = redirectTarget(response, url);
    if (location === undefined) return response;
    await response.body?.cancel();
    if (location.origin !== start.origin) throw unreachable(start, `it redirects to ${location.origin}`);
    // RFC 9110 §15.4: 303 always, 301 and 302 in practice, turn a POST into a GET; 307 and 308 never do.
    if (response.status < 304 && method !== "GET") {
      method = "GET";
      body = undefined;
    }
    url = location;
  }
  throw unreachable(start, "it redirects in circles");
}

/** What a request carries, for each time that it is sent. */
async function bodyOf({ sent, body, packed }: FileRequest): Promise<(() => RequestInit) | undefined> {
  if (sent !== undefined) return () => ({ body: counted(sent), duplex: "half" });
  if (body === undefined) return undefined;
  const bytes = packed === true ? await promisify(gzip)(body) : body;
  return () => ({ body: bytes });
}

function counted({ file, onSent }: SentFile): ReadableStream<Uint8Array> {
  let bytes = 0;
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, on) {
      on.enqueue(piece);
      onSent((bytes += piece.byteLength));
    },
  });
  return file.stream().pipeThrough(count);
}

/** A connection that is kept alive for nothing would hold up a server on this machine that is asked to stop. */
function headersFor(url: URL, { headers, sent, packed }: FileRequest): Record<string, string> {
  const length = sent === undefined ? {} : { "content-length": String(sent.file.size) };
  const coding = packed === true ? { "content-encoding": "gzip" } : {};
  return {
    ...headers,
    ...coding,
    ...length,
    ...(isLoopbackHost(url.hostname) ? { connection: "close" } : {}),
  };
}

function redirectTarget(response: Response, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  const location = response.headers.get("location");
  return location !== null && URL.canParse(location, from.href) ? new URL(location, from) : undefined;
}

async function readResponse(response: Response, url: URL): Promise<HttpResponse> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MESSAGE_MAX_BYTES)
      throw unreachable(url, `its answer is larger than ${MESSAGE_MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  const body = new TextDecoder().decode(Buffer.concat(chunks));
  return { status: response.status, headers: Object.fromEntries(response.headers), body };
}

function unreachable(url: URL, reason: string, cause?: unknown): PipitError {
  return new PipitError(
    "SERVER_UNREACHABLE",
    `Cannot reach the Pipit server at ${url.origin}: ${reason}. Check that it runs and that the address is right.`,
    { cause },
  );
}

/** fetch hides the reason ("fetch failed") in `cause`. */
function causeOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause instanceof Error ? error.cause : error;
}

/** Its code is what a person can search for. */
function describe(cause: Error): string {
  return systemCodeOf(cause) || cause.message;
}
