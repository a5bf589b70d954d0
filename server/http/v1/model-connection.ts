import { z } from "zod";
import { MODEL_NAME_MAX_CHARS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { operator } from "#server/domain/access/access.ts";
import type { ModelConnectionView } from "#server/domain/assistant/model-connection.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { readBody } from "../kit/parameters.ts";
import { abortWithRequest } from "../kit/request-signal.ts";
import { route, type CallerRoute } from "../kit/route.ts";

const address = z.object({ url: z.string().min(1).max(2048), key: z.string().max(4096).optional() });
const connection = address.extend({ model: z.string().min(1).max(MODEL_NAME_MAX_CHARS) });

/**
 * `GET /v1/model-connection`: where the answers come from; `POST .../check {url, key?}`: the chat models there;
 * `PUT {url, key?, model}`: take them from there; `DELETE`: no more. All for operators; none tells the key.
 */
export function modelConnectionRoutes(ctx: HttpContext): readonly CallerRoute[] {
  const { modelConnection } = ctx;
  return [
    route("GET", "/v1/model-connection", operator, async () => {
      return toWire(await modelConnection.view());
    }),
    route("POST", "/v1/model-connection/check", operator, async (request, _caller, reply) => {
      const models = await modelConnection.check(given(readBody(address, request)), abortWithRequest(reply));
      return { models };
    }),
    route("PUT", "/v1/model-connection", operator, async (request) => {
      const { model, ...rest } = readBody(connection, request);
      if ((await modelConnection.view()).from === "configuration") throw configured();
      await modelConnection.save({ ...given(rest), model });
      return toWire(await modelConnection.view());
    }),
    route("DELETE", "/v1/model-connection", operator, async () => {
      await modelConnection.forget();
      return toWire(await modelConnection.view());
    }),
  ];
}

function given({ url, key }: z.infer<typeof address>) {
  return key === undefined ? { url } : { url, key };
}

function toWire({ from, url, model, hasKey }: ModelConnectionView) {
  return { from, url, model, has_key: hasKey };
}

function configured(): PipitError {
  return new PipitError(
    "NOT_ALLOWED",
    "This server's configuration names its model server. Change it there (PIPIT_MODEL_URL) and restart the server.",
  );
}
