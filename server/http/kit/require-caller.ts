import type { FastifyRequest } from "fastify";
import { requireUser, type Authenticate } from "#server/domain/access/authenticate.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import { requireScope, type Scope } from "#server/domain/tokens/scopes.ts";
import { pageCredentialsOf } from "./page-credentials.ts";
import type { Site } from "./site.ts";

/** The caller of a route. Throws as {@link Authenticate}; NOT_ALLOWED for a service where only people may. */
export type RequireCaller = (request: FastifyRequest) => Promise<Caller>;

export interface RequireOptions {
  /** Lets services in as well: client credentials, and `X-Internal-Auth`. */
  readonly service?: boolean;
  /** What the token must be for; default: a route asks for it by itself. */
  readonly scope?: Scope;
}

/** The switch for original clients is for their gRPC calls only, so no route has a local peer. */
const anybody = { local: false, page: false };

/** By bearer token, or by the cookie of the server's own page. */
export function createRequireCaller(
  authenticate: Authenticate,
  site: Site,
  options: RequireOptions = {},
): RequireCaller {
  return admit(options, (request) =>
    authenticate({ ...headersOf(request), page: pageCredentialsOf(site, request) }, anybody),
  );
}

/** Without a cookie, so that no page can make a browser do it. */
export function createRequireBearer(authenticate: Authenticate, options: RequireOptions = {}): RequireCaller {
  return admit(options, (request) => authenticate(headersOf(request), anybody));
}

function admit({ service = false, scope }: RequireOptions, identify: RequireCaller): RequireCaller {
  return async (request) => {
    const caller = await identify(request);
    if (!service) requireUser(caller);
    if (scope !== undefined) requireScope(caller, scope);
    return caller;
  };
}

function headersOf({ headers }: FastifyRequest) {
  const internalKey = headers["x-internal-auth"];
  // Of a repeated header Node makes one text with commas, which is no key.
  return {
    authorization: headers.authorization,
    internalKey: Array.isArray(internalKey) ? internalKey.join(", ") : internalKey,
  };
}
