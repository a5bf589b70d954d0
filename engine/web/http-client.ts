import { MESSAGE_MAX_BYTES } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "#engine/ports.ts";

const DEFAULT_TIMEOUT_MS = 8_000;

/**
 * An {@link HttpClient} of the page: its own origin only, with its cookies, following no redirect.
 *
 * @param serverUrl the origin that the page came from
 * @param usualTimeoutMs whole exchange, body included
 */
export function createPageHttpClient(serverUrl: string, usualTimeoutMs = DEFAULT_TIMEOUT_MS): HttpClient {
  const base = new URL(serverUrl);
  return {
    async request(request, signal) {
      const url = new URL(request.path, base);
      if (url.origin !== base.origin)
        throw new PipitError("INVALID_REQUEST", "A request path must stay on the server.");
      const { timeoutMs = usualTimeoutMs } = request;
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        return await exchange(url, request, AbortSignal.any([signal, timeout]));
      } catch (error) {
        if (error instanceof PipitError) throw error;
        if (signal.aborted) throw new PipitError("CANCELLED", "Cancelled.", { cause: error });
        throw unreachable(url, timeout.aborted ? `no answer within ${timeoutMs} ms` : undefined, error);
      }
    },
  };
}

async function exchange(url: URL, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  const { body: plain, packed } = request;
  const sent = packed === true && plain !== undefined ? await gzip(plain) : plain;
  const response = await fetch(url, {
    method: request.method,
    credentials: "same-origin",
    redirect: "error",
    cache: "no-store",
    signal,
    headers: { ...request.headers, ...(packed === true ? { "content-encoding": "gzip" } : {}) },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const body = await readText(response, url);
  return { status: response.status, headers: Object.fromEntries(response.headers), body };
}

async function gzip(text: string): Promise<Blob> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return await new Response(packed).blob();
}

async function readText(response: Response, url: URL): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  const reader = response.body?.getReader();
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
    size += next.value.byteLength;
    if (size > MESSAGE_MAX_BYTES) {
      await reader?.cancel();
      throw unreachable(url, `its answer is larger than ${MESSAGE_MAX_BYTES} bytes`);
    }
    text += decoder.decode(next.value, { stream: true });
  }
  return text + decoder.decode();
}

/** A browser does not tell a page why a request failed. */
function unreachable(url: URL, reason: string | undefined, cause?: unknown): PipitError {
  const why = reason === undefined ? "" : `: ${reason}`;
  return new PipitError(
    "SERVER_UNREACHABLE",
    `Cannot reach the Pipit server at ${url.origin}${why}. Check that it runs and that you are online.`,
    { cause, ...(cause instanceof Error ? { detail: cause.message } : {}) },
  );
}
