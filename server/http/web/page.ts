import { anyone } from "#server/domain/access/access.ts";
import { route, type OpenRoute } from "../kit/route.ts";
import { MISSING_PAGE } from "./missing-page.ts";
import { addPageHeaders, sendFile } from "./send-file.ts";
import type { WebBuildSource } from "./web-build.ts";

/** `GET /`: the window as a page. It holds no user's data, so it needs no sign-in. */
export function pageRoute(build: WebBuildSource): OpenRoute {
  return route("GET", "/", anyone, async (request, reply) => {
    const found = await build();
    // Asked for again every time, and mostly answered with 304: it names the files of the newest build.
    if (found !== undefined) return sendFile(found.page, "no-cache", { request, reply });
    addPageHeaders(reply);
    return reply.code(503).header("retry-after", "2").type("text/html; charset=utf-8").send(MISSING_PAGE);
  });
}
