import { JWKS_MAX_AGE_SECONDS } from "#server/domain/tokens/key-rotation.ts";
import { anyone } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { route, type OpenRoute } from "../kit/route.ts";

/** `GET /.well-known/jwks.json`: the public halves of the signing keys (RFC 7517). */
export function jwksRoute({ signingKeys }: HttpContext): OpenRoute {
  return route("GET", "/.well-known/jwks.json", anyone, async (_request, reply) => {
    // Clients in pages of other sites verify tokens as well; there is nothing secret in it.
    reply.header("access-control-allow-origin", "*").header("cross-origin-resource-policy", "cross-origin");
    reply.header("cache-control", `public, max-age=${JWKS_MAX_AGE_SECONDS}`);
    return signingKeys.jwks();
  });
}
