import { systemCodeOf } from "#contract/system-error.ts";

const CLOSED = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);

/**
 * `fetch` for what may be asked twice: once more when the connection closes before there is an answer, as a pooled one
 * does that its server has given up meanwhile (RFC 9112, section 9.3.1).
 */
export const fetchAgain: typeof fetch = async (input, init) => {
  try {
    return await fetch(input, init);
  } catch (error) {
    if (!(error instanceof Error) || !isClosed(error.cause)) throw error;
    return fetch(input, init);
  }
};

/** Whether an error of Node's HTTP, or the cause of one of `fetch`, says that the connection was closed. */
export function isClosed(error: unknown): boolean {
  return CLOSED.has(systemCodeOf(error));
}
