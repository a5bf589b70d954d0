import * as z from "zod/mini";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { HttpResponse } from "#engine/ports.ts";
import { errorInBody } from "#engine/wire/http-error.ts";

const accountSchema = z.object({
  account_id: z.string().check(z.minLength(1)),
  account_name: z.string(),
  local: z.boolean(),
  expires_at: z.number(),
});

/** The account that the cookie stands for. */
export interface Account {
  readonly accountId: string;
  readonly accountName: string;
  readonly local: boolean;
}

/** @throws PipitError INTERNAL when the server says something else. */
export function readAccount(response: HttpResponse): Account {
  const { success, data } = accountSchema.safeParse(parseJson(response.body));
  if (success) return { accountId: data.account_id, accountName: data.account_name, local: data.local };
  throw new PipitError(
    "INTERNAL",
    "The server's answer could not be read. Reload the page to get its present version.",
  );
}

/** The error of an exchange about the sign-in that did not go well. */
export function refusalOf(response: HttpResponse): PipitError {
  const told = errorInBody(response);
  if (told !== undefined) return told;
  const detail = `HTTP ${response.status}`;
  if (response.status === 401) {
    return new PipitError("TOKEN_INVALID", "The server does not accept this sign-in. Try another one.", {
      detail,
    });
  }
  const message = "The server cannot answer at the moment. Try again later.";
  return new PipitError("SERVER_UNREACHABLE", message, { detail });
}
