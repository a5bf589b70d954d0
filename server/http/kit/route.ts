import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import { HttpError } from "./http-error.ts";

const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"] as const satisfies readonly HTTPMethods[];

/** One route: its handler's return value is the JSON body. */
export interface Route {
  readonly method: (typeof METHODS)[number];
  readonly path: string;
  readonly handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
}

/** Registers routes so that another method on a known path is 405 with `allow`, not "no such address" (RFC 9110 §15.5.6). */
export function addRoutes(app: FastifyInstance, routes: readonly Route[]): void {
  const allowed = new Map<string, string[]>();
  for (const { method, path, handler } of routes) {
    allowed.set(path, [...(allowed.get(path) ?? []), method]);
    app.route({ method, url: path, handler });
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
