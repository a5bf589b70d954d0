import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** Name of the header, in both directions. */
export const CORRELATION_HEADER = "x-correlation-id";

/** Gives every request an id and lets its log lines find it. One per server. */
export function createCorrelation() {
  const storage = new AsyncLocalStorage<string>();
  return {
    /** Id of the request being served in this asynchronous context. */
    current: () => storage.getStore(),
    /** Runs `work`, and all that it starts, under `id`. */
    run: <T>(id: string, work: () => T): T => storage.run(id, work),
  };
}

export type Correlation = ReturnType<typeof createCorrelation>;

/**
 * The caller's own id if it is harmless in a header and a log (1-128 of `A-Z a-z 0-9 . _ -`), else a new one. The
 * header of the request is replaced by it, so that everything behind reads the same id.
 */
export function adoptCorrelationId(headers: IncomingHttpHeaders): string {
  const given = headers[CORRELATION_HEADER];
  const id = typeof given === "string" && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
  headers[CORRELATION_HEADER] = id;
  return id;
}
