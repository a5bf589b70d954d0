import { anyone } from "#server/domain/access/access.ts";
import { HttpError } from "../kit/http-error.ts";
import { route, type OpenRoute } from "../kit/route.ts";
import { sendFile } from "./send-file.ts";
import type { WebBuildSource } from "./web-build.ts";

/** A year: the name of each file holds a hash of its content. */
const FOREVER = "public, max-age=31536000, immutable";

/** `GET /assets/...`: what the page consists of. */
export function assetsRoute(build: WebBuildSource): OpenRoute {
  return route("GET", "/assets/*", anyone, async (request, reply) => {
    const name = (request.params as Readonly<Record<string, string>>)["*"] ?? "";
    const file = (await build())?.assets.get(name);
    if (file === undefined) throw new HttpError(404, "There is no such file here.");
    return sendFile(file, FOREVER, { request, reply });
  });
}
