import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { MODEL_NAME_MAX_CHARS } from "#contract/limits.ts";
import type { ModelConnection } from "#contract/model-connection.ts";
import { operator } from "#server/domain/access/access.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { originOf } from "../kit/origin.ts";
import { readBody } from "../kit/parameters.ts";
import { abortWithRequest } from "../kit/request-signal.ts";
import { route, type CallerRoute } from "../kit/route.ts";

const address = z.object({ url: z.string().min(1).max(2048), key: z.string().max(4096).exactOptional() });
const connection = address.extend({ model: z.string().min(1).max(MODEL_NAME_MAX_CHARS) });

/**
 * `GET /v1/model-connection`: where the answers come from; `POST .../check {url, key?}`: the chat models there;
 * `PUT {url, key?, model}`: take them from there; `DELETE`: no more. All for operators; none tells the key.
 */
export function modelConnectionRoutes({ modelConnection }: HttpContext): readonly CallerRoute[] {
  const view = async (reply: FastifyReply) => toWire(await modelConnection.view(abortWithRequest(reply)));
  return [
    route("GET", "/v1/model-connection", operator, async (_request, _caller, reply) => view(reply)),
    route("POST", "/v1/model-connection/check", operator, async (request, _caller, reply) =>
      modelConnection.check(readBody(address, request), abortWithRequest(reply)),
    ),
    route("PUT", "/v1/model-connection", operator, async (request, caller, reply) => {
      await modelConnection.save(readBody(connection, request), decisionOf(caller, request));
      return view(reply);
    }),
    route("DELETE", "/v1/model-connection", operator, async (request, caller, reply) => {
      await modelConnection.forget(decisionOf(caller, request));
      return view(reply);
    }),
  ];
}

function decisionOf({ userId, clientId }: Caller, request: FastifyRequest) {
  return { caller: { userId, clientId }, origin: originOf(request) };
}

function toWire({ hasKey, setBy, ...view }: ModelConnection) {
  return { ...view, has_key: hasKey, set_by: setBy };
}
