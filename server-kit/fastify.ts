import type { FastifyInstance } from "fastify";
import { Refusal, type Auth } from "./pipit-auth.ts";

/**
 * Lets nobody into the routes of the instance that it is registered in, and of those within, who has not all the scopes.
 * Bodies are read after it.
 *
 * @example app.register(async (api) => {
 *   await api.register(fastifyAuth(auth, ["api:read"]));
 *   api.get("/notes", (request) => notesOf(auth.callerOf(request).subject));
 * });
 */
export function fastifyAuth(auth: Auth, scopes: readonly string[] = []) {
  const plugin = (app: FastifyInstance, _options: object, done: () => void): void => {
    app.addHook("onRequest", async (request, reply) => {
      try {
        auth.remember(request, await auth.admit(request.headers, scopes));
      } catch (reason) {
        if (!(reason instanceof Refusal)) throw reason;
        return reply.code(reason.status).headers(reason.headers).send(reason.body);
      }
    });
    done();
  };
  // Fastify's own mark of a plugin whose hooks are those of the instance around it.
  return Object.assign(plugin, { [Symbol.for("skip-override")]: true });
}
