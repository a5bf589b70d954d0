import type { FastifyRequest } from "fastify";
import type { Authenticate } from "#server/authenticate.ts";
import type { Caller } from "#server/domain/caller.ts";

/** The caller by bearer token, always: the switch for original clients is for their gRPC calls only. */
export function requireCaller(authenticate: Authenticate, request: FastifyRequest): Promise<Caller> {
  return authenticate(request.headers.authorization, { local: false, page: false });
}
