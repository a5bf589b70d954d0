import { PipitError } from "#contract/pipit-error.ts";
import type { SendFile, SentFile } from "#engine/history/import-chats.ts";
import type { Credentials } from "#engine/ports.ts";
import { refusalOf } from "#engine/wire/json-api.ts";
import { signedIn } from "#engine/wire/signed-in.ts";

/** Sends files to the page's own server. By XMLHttpRequest: fetch does not tell how much has been sent. */
export function createSendFile(serverUrl: string, credentials: Credentials): SendFile {
  return (path, sent, signal) =>
    signedIn(credentials, signal, (headers) => send(new URL(path, serverUrl), headers, sent, signal));
}

async function send(
  url: URL,
  headers: Headers,
  { file, onSent }: SentFile,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const request = new XMLHttpRequest();
  request.open("POST", url);
  for (const [name, value] of headers) request.setRequestHeader(name, value);
  request.upload.addEventListener("progress", ({ loaded }) => onSent(loaded));
  const news = followNews(request);
  const onAbort = (): void => request.abort();
  signal.addEventListener("abort", onAbort, { once: true });
  request.addEventListener("loadend", () => signal.removeEventListener("abort", onAbort));
  signal.throwIfAborted();
  request.send(file);
  while (!news.isOver() && request.readyState < XMLHttpRequest.HEADERS_RECEIVED) await news.next();
  if (request.status === 200) return pieces(request, news, url, signal);
  while (!news.isOver()) await news.next();
  const { status, responseText: body } = request;
  throw status === 0 ? broken(url, signal) : refusalOf(url.pathname, { status, headers: {}, body });
}

/** What came since the last piece. It is kept by the browser as well, so this is for short answers. */
async function* pieces(
  request: XMLHttpRequest,
  news: ReturnType<typeof followNews>,
  url: URL,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let given = 0;
  try {
    for (;;) {
      const isLast = news.isOver();
      const text = request.responseText.slice(given);
      given += text.length;
      if (text !== "") yield encoder.encode(text);
      if (isLast && request.status === 0) throw broken(url, signal);
      if (isLast) return;
      await news.next();
    }
  } finally {
    request.abort();
  }
}

/** What happens to the answer. A request that was aborted is as if it had never been sent, so its state does not tell the end. */
function followNews(request: XMLHttpRequest) {
  let news = Promise.withResolvers<void>();
  let over = false;
  for (const name of ["readystatechange", "progress"]) request.addEventListener(name, () => news.resolve());
  request.addEventListener("loadend", () => {
    over = true;
    news.resolve();
  });
  return {
    isOver: () => over,
    /** Waits for the next news, or has those since the last time. */
    async next() {
      await news.promise;
      news = Promise.withResolvers();
    },
  };
}

/** A browser does not tell a page why a request failed. */
function broken({ origin }: URL, signal: AbortSignal): PipitError {
  if (signal.aborted) return new PipitError("CANCELLED", "Cancelled.");
  return new PipitError(
    "SERVER_UNREACHABLE",
    `The connection to the Pipit server at ${origin} broke off. Check that it runs and that you are online.`,
  );
}
