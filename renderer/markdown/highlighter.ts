import { createContext } from "react";
import type { CodeToken } from "./highlight-tokens.ts";

export interface HighlightRequest {
  readonly code: string;
  readonly language: string;
}
export interface HighlightReply {
  /** The chunks of `codeChunks`; absent when the language is unknown. */
  readonly chunks: readonly (readonly CodeToken[])[] | undefined;
}

export interface Highlighter {
  /** Resolves to undefined when the code stays plain: unknown language, too long, took too long, or aborted. */
  highlight(request: HighlightRequest, signal: AbortSignal): Promise<HighlightReply["chunks"]>;
}

/** A worker that colours: one request at a time; rejects when it cannot go on. */
export interface HighlightWorker {
  ask(request: HighlightRequest): Promise<HighlightReply>;
  terminate(): void;
}

/** Longer code stays plain. */
export const highlightMaxChars = 40_000;
/** A grammar that takes longer has met its worst case; its worker is given up. */
const replyTimeoutMs = 5_000;

interface Job {
  readonly request: HighlightRequest;
  readonly signal: AbortSignal;
  readonly resolve: (chunks: HighlightReply["chunks"]) => void;
}

/** One worker for all code blocks, made when the first one comes; it colours one block after the other. */
export function createHighlighter(createWorker: () => HighlightWorker): Highlighter {
  const queue: Job[] = [];
  let worker: HighlightWorker | undefined;
  let running: Job | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function giveUp(): void {
    worker?.terminate();
    worker = undefined;
    finish(undefined);
  }

  function finish(chunks: HighlightReply["chunks"]): void {
    clearTimeout(timer);
    running?.resolve(chunks);
    running = undefined;
    startNext();
  }

  function startNext(): void {
    if (running !== undefined) return;
    const job = queue.shift();
    if (job === undefined) return;
    running = job;
    if (job.signal.aborted) {
      finish(undefined);
      return;
    }
    worker ??= createWorker();
    timer = setTimeout(giveUp, replyTimeoutMs);
    // A worker that was given up may still answer.
    worker.ask(job.request).then(
      ({ chunks }) => running === job && finish(chunks),
      () => running === job && giveUp(),
    );
  }

  return {
    highlight(request, signal) {
      if (request.code.length > highlightMaxChars) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        queue.push({ request, signal, resolve });
        startNext();
      });
    },
  };
}

/** The worker in a file of its own, as the content policy wants it. */
function startWorker(): HighlightWorker {
  const worker = new Worker(new URL("./highlight-worker.ts", import.meta.url), { type: "module" });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        const listeners = new AbortController();
        const { signal } = listeners;
        const onMessage = ({ data }: MessageEvent<HighlightReply>): void => {
          listeners.abort();
          resolve(data);
        };
        const onError = (): void => {
          listeners.abort();
          reject(new Error("The highlighter's worker failed."));
        };
        worker.addEventListener("message", onMessage, { signal });
        worker.addEventListener("error", onError, { signal });
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
        worker.postMessage(request);
      }),
    terminate: () => worker.terminate(),
  };
}

/** The page's highlighter. */
export const HighlighterContext = createContext<Highlighter>(createHighlighter(startWorker));
