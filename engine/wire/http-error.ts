import * as z from "zod/mini";
import { isErrorCode } from "#contract/error-codes.ts";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { HttpResponse } from "#engine/ports.ts";

const errorSchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), field: z.optional(z.string()) }),
});

/** The error that a Pipit server put into the body, or undefined if it did not. */
export function errorInBody(response: HttpResponse): PipitError | undefined {
  const parsed = errorSchema.safeParse(parseJson(response.body));
  if (!parsed.success || !isErrorCode(parsed.data.error.code)) return undefined;
  const { code, message, field } = parsed.data.error;
  // RFC 9110 §10.2.3: whole seconds, as our servers write it.
  const retryAfterMs = Number(response.headers["retry-after"]) * 1000;
  return new PipitError(code, message, {
    ...(field === undefined ? {} : { field }),
    ...(retryAfterMs > 0 ? { retryAfterMs } : {}),
  });
}

/**
 * The error of an answer that is none of a Pipit server, whatever its status: of a captive portal, a proxy. Nothing follows from
 * it, about a sign-in or a chat. A server speaks JSON, or says nothing with 204.
 */
export function errorOfStranger({ status, body }: HttpResponse): PipitError | undefined {
  if (status === 204 || parseJson(body) !== undefined) return undefined;
  const message =
    "Something else answers in place of the Pipit server: a network that wants you to sign in to it first, a proxy, or another program at its address. Open any page in a browser, and check the address.";
  return new PipitError("SERVER_UNREACHABLE", message, { detail: `HTTP ${status}` });
}
