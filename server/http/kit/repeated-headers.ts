import type { IncomingMessage } from "node:http";
import { HttpError } from "./http-error.ts";

/** Node takes the first of several; a proxy before this server, or a program behind it, may take another. */
const onlyOnce = ["host", "authorization"] as const;

/** Throws 400 for two of a header that decides something, and for none of the Host that HTTP/1.1 needs (RFC 9112 §3.2). */
export function refuseRepeatedHeaders({ rawHeaders, headers, httpVersion }: IncomingMessage): void {
  for (const name of onlyOnce) {
    const count = rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length;
    if (count > 1) throw new HttpError(400, `The header ${name} comes ${count} times; send it once.`);
  }
  if (headers.host === undefined && httpVersion === "1.1") {
    throw new HttpError(400, "The header host is missing.");
  }
}
