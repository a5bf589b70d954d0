import type { FastifyReply } from "fastify";
import { CONTENT_POLICY } from "#contract/content-policy.ts";
import type { Exchange } from "../kit/cookies.ts";
import { acceptedEncodings } from "./content-encoding.ts";
import type { WebFile } from "./web-file.ts";

/**
 * What the page may do in a browser, beside its content policy: nothing but what the person hands it. The camera's place
 * in the list is never asked for: Chromium reports each picture of the screen as a violation where it is switched off
 * (`UserMediaRequest::IsSecureContextUse` does not tell one from the other).
 */
const pageHeaders = {
  "content-security-policy": CONTENT_POLICY,
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(self), display-capture=(self), geolocation=(), microphone=()",
} as const;

/** Headers of everything that a page consists of; a worker's script has a policy of its own, so scripts have them too. */
export function addPageHeaders(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(pageHeaders)) reply.header(name, value);
}

/** Answers with the file in the best form for this client, or with 304 when it has that form already. */
export async function sendFile(
  file: WebFile,
  cacheControl: string,
  { request, reply }: Exchange,
): Promise<FastifyReply> {
  const { headers } = request;
  const form = await file.form(acceptedEncodings(headersText(headers["accept-encoding"])));
  addPageHeaders(reply);
  reply.header("cache-control", cacheControl).header("etag", form.etag);
  if (file.varies) reply.header("vary", "accept-encoding");
  if (isKnown(headers["if-none-match"], form.etag)) return reply.code(304).send();
  if (form.encoding !== undefined) reply.header("content-encoding", form.encoding);
  return reply.type(file.contentType).send(form.body);
}

/** RFC 9110 §13.1.2: weak comparison. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const known = ifNoneMatch.split(",").map((one) => one.trim().replace(/^W\//, ""));
  return known.includes("*") || known.includes(etag);
}

function headersText(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" || value === undefined ? value : value.join(",");
}
