import type { z } from "zod";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Client } from "#engine/node/client.ts";
import { errorInBody } from "#engine/wire/http-error.ts";

type Request = Parameters<Client["api"]["request"]>[0];
type Response = Awaited<ReturnType<Client["api"]["request"]>>;

/**
 * Asks the server for JSON.
 *
 * @param odd what is said of an answer that is something else
 * @throws PipitError the server's refusal, or INTERNAL
 */
export async function askApi<Answer>(
  { api }: Client,
  request: Request,
  schema: z.ZodType<Answer>,
  odd: string,
  signal: AbortSignal,
): Promise<Answer> {
  const response = await api.request(request, signal);
  const answer = schema.safeParse(response.status < 300 ? parseJson(response.body) : undefined);
  if (answer.success) return answer.data;
  throw refusalOf(response, odd);
}

/** What a server answered that did not do what it was asked. */
export function refusalOf(response: Response, odd: string): PipitError {
  return errorInBody(response) ?? new PipitError("INTERNAL", odd, { detail: `HTTP ${response.status}` });
}
