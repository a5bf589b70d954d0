import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import { isOpen, type CallerAccess, type OpenAccess } from "#server/domain/access/access.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { Gate } from "./gate.ts";
import { HttpError } from "./http-error.ts";

const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"] as const satisfies readonly HTTPMethods[];

interface Endpoint {
  readonly method: (typeof METHODS)[number];
  readonly path: string;
}

/** A route of any access; its handler's return value is the JSON body. */
export interface OpenRoute extends Endpoint {
  readonly access: OpenAccess;
  handle(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
}

/** A route for those whom `access` lets in; its handler is told who they are. */
export interface CallerRoute extends Endpoint {
  readonly access: CallerAccess;
  handle(request: FastifyRequest, caller: Caller, reply: FastifyReply): Promise<unknown>;
}

export type Route = OpenRoute | CallerRoute;

/**
 * Registers routes, each behind the gate, and so that another method on a known path is 405 with `allow`, not "no such
 * address" (RFC 9110 §15.5.6).
 */
export function addRoutes(app: FastifyInstance, routes: readonly Route[], gate: Gate): void {
  const allowed = new Map<string, string[]>();
  for (const route of routes) {
    const { method, path } = route;
    allowed.set(path, [...(allowed.get(path) ?? []), method]);
    app.route({ method, url: path, handler: (request, reply) => enter(route, gate, request, reply) });
  }
  for (const [path, methods] of allowed) {
    app.route({
      method: METHODS.filter((method) => !methods.includes(method)),
      url: path,
      // Before the body is looked at: what is wrong is the method.
      onRequest: async (request, reply) => {
        reply.header("allow", methods.join(", "));
        throw new HttpError(405, `${request.method} is not possible here; ${methods.join(" and ")} is.`);
      },
      handler: async () => undefined,
    });
  }
}

async function enter(
  route: Route,
  gate: Gate,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  gate.check(request, route.access);
  return isOpenRoute(route)
    ? route.handle(request, reply)
    : route.handle(request, await gate.admit(request, route.access), reply);
}

function isOpenRoute(route: Route): route is OpenRoute {
  return isOpen(route.access);
}
