import type { FastifyRequest } from "fastify";
import type { Authenticate } from "#server/authenticate.ts";
import type { Caller } from "#server/domain/caller.ts";
import { pageCredentialsOf } from "./page-credentials.ts";
import type { Site } from "./site.ts";

/** The caller of a route. Throws as {@link Authenticate}. */
export type RequireCaller = (request: FastifyRequest) => Promise<Caller>;

/** The switch for original clients is for their gRPC calls only, so no route has a local peer. */
const anybody = { local: false, page: false };

/** By bearer token, or by the cookie of the server's own page. */
export function createRequireCaller(authenticate: Authenticate, site: Site): RequireCaller {
  return (request) =>
    authenticate(
      { authorization: request.headers.authorization, page: pageCredentialsOf(site, request) },
      anybody,
    );
}

/** By bearer token only. */
export function createRequireBearer(authenticate: Authenticate): RequireCaller {
  return (request) => authenticate({ authorization: request.headers.authorization }, anybody);
}
