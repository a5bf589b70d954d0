import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { ID_MAX_CHARS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { HttpError } from "./http-error.ts";

/** As much of an unknown name as an answer repeats. */
const SHOWN_CHARS = 64;

/** Checks what came in a query string or path. Throws INVALID_REQUEST naming the parameter and what it must be. */
export function readParameters<Value>(schema: z.ZodType<Value>, values: unknown): Value {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join(".") ?? "";
  throw new PipitError(
    "INVALID_REQUEST",
    `${field === "" ? "The request" : field}: ${issue?.message ?? "wrong"}.`,
    {
      field,
    },
  );
}

/**
 * Checks a query string of a request of ours. A name that is not known is refused, since a wrong one (`form` for `from`,
 * a filter of a newer server) would otherwise answer with something else than what was asked for. Requests of the OpenAI
 * API ignore it, as that API does: they use {@link readParameters}.
 *
 * @throws PipitError INVALID_REQUEST naming the parameter, and what there is
 */
export function readQuery<Value>(
  schema: z.ZodType<Value> & { readonly shape: object },
  { query }: Pick<FastifyRequest, "query">,
): Value {
  const names = Object.keys(schema.shape);
  const unknown = Object.keys(query ?? {}).find((name) => !names.includes(name));
  if (unknown === undefined) return readParameters(schema, query);
  const field = unknown.slice(0, SHOWN_CHARS);
  const taken = names.length === 0 ? "no parameters" : names.join(", ");
  throw new PipitError("INVALID_REQUEST", `${field}: is not known here. This request takes ${taken}.`, {
    field,
  });
}

/** For {@link readQuery}: a request that takes no parameters. */
export const noQuery = z.object({});

/** @param message says what it is the id of */
export function idField(message?: string): z.ZodString {
  return z.string(message).min(1, message).max(ID_MAX_CHARS, message);
}

/** The parameters of a path with one id. */
export const idInPath = z.object({ id: idField() });

export const yesOrNo = z.boolean("must be true or false");

/** A whole number in a query string. */
export function wholeNumber(min: number, max: number): z.ZodType<number> {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number({ message }).int(message).min(min, message).max(max, message) as z.ZodType<number>;
}

/** Checks a JSON body. Throws INVALID_REQUEST naming the field; 415 for a body of another kind, which has no fields. */
export function readBody<Value>(schema: z.ZodType<Value>, request: FastifyRequest): Value {
  const { body } = request;
  if (body instanceof URLSearchParams) throw notJson();
  if (body === undefined || body === null) return readParameters(schema, {});
  if (typeof body !== "object" || Array.isArray(body)) throw notJson();
  return readParameters(schema, body);
}

export const NOT_A_FORM = "The body must be a form (application/x-www-form-urlencoded).";

function notJson(): HttpError {
  return new HttpError(415, "The body must be a JSON object (application/json).");
}
