import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  HTTPMethods,
  RouteShorthandOptionsWithHandler,
} from "fastify";
import { isOpen, type Access, type CallerAccess, type OpenAccess } from "#server/domain/access/access.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { Gate } from "./gate.ts";
import { HttpError } from "./http-error.ts";

/** `Cache-Control` for what has a hash of its content in its address: a year. */
export const FOREVER = "public, max-age=31536000, immutable";
const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"] as const satisfies readonly HTTPMethods[];
type Method = (typeof METHODS)[number];

interface Endpoint extends RouteOptions {
  readonly method: Method;
  readonly path: string;
}

interface RouteOptions {
  /** Largest body, where it is more than usual: who asks is then found out before it is read. */
  readonly maxBytes?: number;
  /**
   * Reads its body itself, as a stream of which nothing has been counted: "form" takes multipart/form-data, "file"
   * whatever comes, for as long as it comes, "gzip" whatever comes in the time of an ordinary body.
   */
  readonly stream?: "form" | "file" | "gzip";
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
  options?: RouteOptions,
): CallerRoute;
export function route(
  method: Method,
  path: string,
  access: Access,
  handle: Route["handle"],
  options: RouteOptions = {},
): Route {
  return { method, path, access, handle, ...options } as Route;
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
    app.route({ method, url: path, ...handlersOf(one, gate) });
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

function handlersOf(
  entered: Route,
  gate: Gate,
): Pick<RouteShorthandOptionsWithHandler, "bodyLimit" | "onRequest" | "handler"> {
  if (isOpenRoute(entered)) {
    return {
      handler(request, reply) {
        gate.check(request, entered.access);
        return entered.handle(request, reply);
      },
    };
  }
  const admit = (request: FastifyRequest): Promise<Caller> => {
    gate.check(request, entered.access);
    return gate.admit(request, entered.access);
  };
  const { maxBytes } = entered;
  if (maxBytes === undefined) {
    return {
      handler: async (request, reply) => entered.handle(request, await admit(request), reply),
    };
  }
  const admitted = new WeakMap<FastifyRequest, Caller>();
  return {
    bodyLimit: maxBytes,
    onRequest: async (request) => void admitted.set(request, await admit(request)),
    async handler(request, reply) {
      const caller = admitted.get(request);
      if (caller === undefined) throw new Error("a route ran before its gate");
      return entered.handle(request, caller, reply);
    },
  };
}

function isOpenRoute(entered: Route): entered is OpenRoute {
  return isOpen(entered.access);
}
