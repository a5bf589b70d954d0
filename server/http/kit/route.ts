import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import { isOpen, type Access, type CallerAccess, type OpenAccess } from "#server/domain/access/access.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { Gate } from "./gate.ts";
import { HttpError } from "./http-error.ts";

const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"] as const satisfies readonly HTTPMethods[];
type Method = (typeof METHODS)[number];

interface Endpoint {
  readonly method: Method;
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

/** What answers at a path, and for whom. */
export function route(
  method: Method,
  path: string,
  access: OpenAccess,
  handle: OpenRoute["handle"],
): OpenRoute;
export function route(
  method: Method,
  path: string,
  access: CallerAccess,
  handle: CallerRoute["handle"],
): CallerRoute;
export function route(method: Method, path: string, access: Access, handle: Route["handle"]): Route {
  return { method, path, access, handle } as Route;
}

/**
 * Registers routes, each behind the gate, and so that another method on a known path is 405 with `allow`, not "no such
 * address" (RFC 9110 §15.5.6).
 */
export function addRoutes(app: FastifyInstance, routes: readonly Route[], gate: Gate): void {
  const allowed = new Map<string, string[]>();
  for (const one of routes) {
    const { method, path } = one;
    allowed.set(path, [...(allowed.get(path) ?? []), method]);
    app.route({ method, url: path, handler: (request, reply) => enter(one, gate, request, reply) });
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
  entered: Route,
  gate: Gate,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  gate.check(request, entered.access);
  return isOpenRoute(entered)
    ? entered.handle(request, reply)
    : entered.handle(request, await gate.admit(request, entered.access), reply);
}

function isOpenRoute(entered: Route): entered is OpenRoute {
  return isOpen(entered.access);
}
