import type { Route } from "./route.ts";

/** Verifiers may keep the keys this long; a new key is published at least as long before its first use. */
const MAX_AGE_SECONDS = 3_600;

/** `GET /.well-known/jwks.json`: the public halves of the signing keys (RFC 7517). */
export function jwksRoute(keys: { jwks(): unknown }): Route {
  return {
    method: "GET",
    path: "/.well-known/jwks.json",
    async handler(_request, reply) {
      reply.header("cache-control", `public, max-age=${MAX_AGE_SECONDS}`);
      return keys.jwks();
    },
  };
}
