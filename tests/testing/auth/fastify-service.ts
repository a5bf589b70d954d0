import fastify from "fastify";
import { Counter, Registry } from "prom-client";
import { fastifyAuth } from "../../../server-kit/fastify.ts";
import { createAuth, type Auth } from "../../../server-kit/pipit-auth.ts";
import type { Service, ServiceOptions } from "./services-story.ts";

/** A check that counts as a service with prom-client does. */
export function countedAuth(options: ServiceOptions) {
  const registry = new Registry();
  const counter = new Counter({
    name: "service_auth_requests_total",
    help: "Requests by how they said who they are.",
    labelNames: ["method", "outcome"],
    registers: [registry],
  });
  const counts = async (): Promise<object> => {
    const { values } = await counter.get();
    return Object.fromEntries(
      values.map(({ labels, value }) => [`${labels.method} ${labels.outcome}`, value]),
    );
  };
  return { auth: createAuth({ ...options, counter }), counts, registry };
}

/** What a service of the tests says of who asks. */
export function who(auth: Auth, request: object): object {
  const { subject, clientId: client, method } = auth.callerOf(request);
  return { subject, client, method };
}

/** A service as a team writes it, with `/metrics` besides. */
export async function startFastifyService(options: ServiceOptions): Promise<Service> {
  const { auth, counts, registry } = countedAuth(options);
  const app = fastify();
  app.get("/counts", counts);
  app.get("/metrics", () => registry.metrics());
  app.register(async (api) => {
    await api.register(fastifyAuth(auth, ["api:read"]));
    api.get("/notes", (request, reply) => reply.send(who(auth, request)));
  });
  app.register(async (api) => {
    await api.register(fastifyAuth(auth, ["api:write"]));
    api.post("/notes", (request, reply) => reply.send(who(auth, request)));
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return { url, [Symbol.asyncDispose]: () => app.close() };
}
