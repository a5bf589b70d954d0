import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import { HttpError } from "./http-error.ts";
import { readParameters } from "./query.ts";

/** Checks a JSON body. Throws INVALID_REQUEST naming the field; 415 for a body of another kind, which has no fields. */
export function readBody<Value>(schema: z.ZodType<Value>, request: FastifyRequest): Value {
  const { body } = request;
  if (body instanceof URLSearchParams) throw notJson();
  if (body === undefined || body === null) return readParameters(schema, {});
  if (typeof body !== "object" || Array.isArray(body)) throw notJson();
  return readParameters(schema, body);
}

function notJson(): HttpError {
  return new HttpError(415, "The body must be a JSON object (application/json).");
}
