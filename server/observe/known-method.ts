/** RFC 9110, and PATCH. */
const METHODS = new Set(["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"]);

/** The method of a request, for logs and traces. HTTP/2 lets a client send any word as one, of any length: that is "_OTHER". */
export function knownMethod(method: string | undefined): string {
  return method !== undefined && METHODS.has(method) ? method : "_OTHER";
}
