import { readFile, realpath } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import type { Protocol } from "electron";
import { CONTENT_POLICY } from "#contract/content-policy.ts";
import { APP_SCHEME, isAppUrl } from "./app-origin.ts";

const contentTypes: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".ttf": "font/ttf",
  ".wasm": "application/wasm",
  ".webp": "image/webp",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
};
/** Dots, slashes, backslashes and NUL in disguise, and anything that walks: none of our files needs them. */
const DISGUISED = /%(?:2e|2f|5c|00|25)|\\|\0|(?:^|\/)\.{1,2}(?:\/|$|\?|#)/iu;

/** Says, before the app is ready, what kind of scheme ours is. */
export function declareAppScheme(protocol: Pick<Protocol, "registerSchemesAsPrivileged">): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: APP_SCHEME,
      // Without `codeCache`, V8 compiles the page's scripts anew at every start.
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
    },
  ]);
}

/** Serves the built window from `folder` in one session. */
export function serveApp(
  session: { readonly protocol: Pick<Protocol, "handle" | "isProtocolHandled"> },
  folder: string,
): void {
  if (session.protocol.isProtocolHandled(APP_SCHEME)) return;
  session.protocol.handle(APP_SCHEME, (request) => answerPage(request, folder));
}

/**
 * One file of `folder` as a response: 400 for an address that is not plainly a file of ours (another host, a walk upwards
 * in any spelling, a link out of the folder), 404 for one that is not there.
 */
export async function answerPage(
  request: Pick<Request, "url" | "method">,
  folder: string,
): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") return refusal(405);
  const path = pathOf(request.url);
  if (path === undefined) return refusal(400);
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, path));
    if (!file.startsWith(root + sep)) return refusal(400);
    const body = await readFile(file);
    return new Response(request.method === "HEAD" ? null : new Uint8Array(body), {
      headers: headersFor(contentTypes[extname(file)] ?? "application/octet-stream"),
    });
  } catch {
    return refusal(404);
  }
}

/** The path below the folder, or undefined for an address that we do not serve. */
function pathOf(address: string): string | undefined {
  const afterScheme = address.slice(address.indexOf("://") + 3);
  if (DISGUISED.test(afterScheme) || !isAppUrl(address)) return undefined;
  try {
    const path = decodeURIComponent(new URL(address).pathname);
    return path === "/" || path === "" ? "/desktop.html" : path;
  } catch {
    return undefined;
  }
}

function refusal(status: 400 | 404 | 405): Response {
  return new Response(null, { status, headers: headersFor("text/plain") });
}

function headersFor(contentType: string): Record<string, string> {
  return {
    "content-type": contentType,
    "content-security-policy": CONTENT_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
  };
}
