const CLOSED = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);

/**
 * `fetch` for what may be asked twice: once more when the connection closes before there is an answer, as a pooled one
 * does that its server has given up meanwhile (RFC 9112, section 9.3.1).
 */
export const fetchAgain: typeof fetch = async (input, init) => {
  try {
    return await fetch(input, init);
  } catch (error) {
    if (!isClosed(error)) throw error;
    return fetch(input, init);
  }
};

function isClosed(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && CLOSED.has(String(cause.code));
}
