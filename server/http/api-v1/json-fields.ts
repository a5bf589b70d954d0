import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { HttpError } from "../kit/http-error.ts";
import { ApiRefusal } from "./api-answer.ts";

const text = z.string({
  error: ({ input }) =>
    input === undefined || input === null ? "This field is required." : "Not a valid string.",
});
// A refinement: unlike it, `min` looks at the length of a list, too, and then a list without items is wrong twice.
export const neededText = text.refine((given) => given !== "", "This field may not be blank.");
/** A form that has no code to send sends an empty one. */
export const optionalText = text.nullish().transform((given) => given || undefined);

/**
 * The fields of a JSON body. All that is wrong is said at once, as Django REST framework says it.
 *
 * @throws ApiRefusal for fields that are missing, blank or no text; HttpError 415 for a body of another kind
 */
export function readFields<Fields>(fields: z.ZodType<Fields>, { body }: FastifyRequest): Fields {
  if (body instanceof URLSearchParams) {
    throw new HttpError(415, "The body must be JSON (application/json).");
  }
  const given = body ?? {};
  if (typeof given !== "object" || Array.isArray(given)) {
    throw new ApiRefusal(400, { non_field_errors: ["Invalid data. Expected a dictionary."] });
  }
  const { data, error } = fields.safeParse(given);
  if (error !== undefined) throw new ApiRefusal(400, z.flattenError(error).fieldErrors);
  return data;
}
