import type { IncomingHttpHeaders } from "node:http";
import type { PageCredentials } from "#server/domain/access/authenticate.ts";
import { readSessionCookie } from "./cookies.ts";
import type { Site } from "./site.ts";

/**
 * What the cookie of a request says, and whether the server's own page sent it. To change something, the browser must
 * say so; to look, it is enough if it names no other page.
 */
export function pageCredentialsOf(
  site: Site,
  request: { readonly method?: string | undefined; readonly headers: IncomingHttpHeaders },
): PageCredentials | undefined {
  const { method, headers } = request;
  const sessionToken = readSessionCookie(headers.cookie);
  if (sessionToken === undefined) return undefined;
  const looks = method === "GET" || method === "HEAD";
  return { sessionToken, fromOwnPage: looks ? !site.isForeignPage(headers) : site.isOwnPage(headers) };
}
