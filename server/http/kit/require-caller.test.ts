import fastify from "fastify";
import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { createAuthenticate } from "#server/domain/access/authenticate.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import { createRequireBearer, createRequireCaller } from "./require-caller.ts";
import { createSite } from "./site.ts";

const key = "0123456789abcdef0123456789abcdef";
const alice: Caller = { userId: "alice", clientId: "c", scope: [], anonymous: false, kind: "user" };
const tokens = new Map<string, Caller>([
  ["person", alice],
  ["service", { ...alice, userId: "worker", clientId: "worker", kind: "service" }],
]);

/** Routes that answer with who calls, or with the code of the refusal. */
async function ask(path: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const site = createSite({ listen: { host: "127.0.0.1", port: 8787 }, publicUrl: undefined });
  const authenticate = createAuthenticate({
    accessTokens: {
      async verify(token) {
        const caller = tokens.get(token);
        if (caller === undefined) throw new PipitError("TOKEN_INVALID", "No.");
        return caller;
      },
    },
    webSessions: { verify: async () => alice },
    anonymousUserId: "local",
    internalKey: key,
  });
  const app = fastify();
  const routes = {
    people: createRequireCaller(authenticate, site),
    anybody: createRequireCaller(authenticate, site, { service: true }),
    bearer: createRequireBearer(authenticate),
    programs: createRequireBearer(authenticate, { service: true }),
  };
  for (const [name, require] of Object.entries(routes)) {
    app.get(`/${name}`, async (request) => (await require(request)).userId);
  }
  app.setErrorHandler((reason, _request, reply) => reply.send(PipitError.from(reason).code));
  const { body } = await app.inject({ method: "GET", path, headers: { host: "127.0.0.1:8787", ...headers } });
  await app.close();
  return body;
}

const person = { authorization: "Bearer person" };
const service = { authorization: "Bearer service" };
const internal = { "x-internal-auth": key };
const cookie = { cookie: `session_token=${"a".repeat(43)}`, "sec-fetch-site": "same-origin" };

describe("a route", () => {
  test.each([
    ["/people", person, "alice"],
    ["/people", cookie, "alice"],
    ["/people", service, "NOT_ALLOWED"],
    ["/people", internal, "NOT_ALLOWED"],
    ["/people", {}, "TOKEN_MISSING"],
    ["/anybody", person, "alice"],
    ["/anybody", service, "worker"],
    ["/anybody", internal, "internal"],
    ["/anybody", { ...internal, ...cookie }, "internal"],
    ["/anybody", { "x-internal-auth": "wrong" }, "TOKEN_INVALID"],
    ["/anybody", { ...person, "x-internal-auth": "wrong" }, "alice"],
    ["/bearer", person, "alice"],
    ["/bearer", cookie, "TOKEN_MISSING"],
    ["/bearer", service, "NOT_ALLOWED"],
    ["/programs", service, "worker"],
    ["/programs", internal, "internal"],
    ["/programs", cookie, "TOKEN_MISSING"],
  ])("%s answers %j with %s", async (path, headers, expected) => {
    expect(await ask(path, headers)).toBe(expected);
  });
});
