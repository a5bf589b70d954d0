import { anyone } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { HttpError } from "../kit/http-error.ts";
import { FOREVER, route, type OpenRoute } from "../kit/route.ts";
import { MISSING_PAGE } from "./missing-page.ts";
import { addPageHeaders, sendFile } from "./send-file.ts";
import { createWebBuildSource, FIXED_FILES } from "./web-build.ts";

/** Where the window stands by its own router (renderer/app/address.ts): each can be linked to and reloaded. */
const PAGE_PATHS = ["/", "/login", "/register", "/profile", "/settings", "/c/:chatId", "/r/:room"] as const;

/** Addresses that people try, and where they lead. */
const SHORT_CUTS = { "/account": "/profile", "/device": "/oauth/device" } as const;

/** The window as a page. It holds no user's data, so it needs no sign-in. */
export function pageRoutes({ config, logger }: HttpContext): readonly OpenRoute[] {
  const build = createWebBuildSource({ root: config.webRoot, logger });
  const sendPage: OpenRoute["handle"] = async (request, reply) => {
    const found = await build();
    // Asked for again every time, and mostly answered with 304: it names the files of the newest build.
    if (found !== undefined) return sendFile(found.page, "no-cache", { request, reply });
    addPageHeaders(reply);
    return reply.code(503).header("retry-after", "2").type("text/html; charset=utf-8").send(MISSING_PAGE);
  };
  return [
    ...PAGE_PATHS.map((path) => route("GET", path, anyone, sendPage)),
    ...Object.entries(SHORT_CUTS).map(([path, target]) =>
      route("GET", path, anyone, async (request, reply) => reply.redirect(target + queryOf(request.url))),
    ),
    /** Asked for again every time, so that a worker can always be replaced by the next one. */
    ...FIXED_FILES.map((name) =>
      route("GET", `/${name}`, anyone, async (request, reply) => {
        const file = (await build())?.fixed.get(name);
        if (file === undefined) throw new HttpError(404, "There is no such file here.");
        return sendFile(file, "no-cache", { request, reply });
      }),
    ),
    /** What the page consists of. */
    route("GET", "/assets/*", anyone, async (request, reply) => {
      const name = (request.params as Readonly<Record<string, string>>)["*"] ?? "";
      const file = (await build())?.assets.get(name);
      if (file === undefined) throw new HttpError(404, "There is no such file here.");
      return sendFile(file, FOREVER, { request, reply });
    }),
  ];
}

/** With its question mark; empty when there is none. */
function queryOf(url: string): string {
  const at = url.indexOf("?");
  return at === -1 ? "" : url.slice(at);
}
