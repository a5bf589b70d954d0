import * as z from "zod/mini";
import type { SignedOutReason } from "#contract/auth-state.ts";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { HttpRequest, HttpResponse } from "#engine/ports.ts";
import { errorInBody, errorOfStranger } from "#engine/wire/http-error.ts";
import type { Account } from "./kept-chats.ts";

const accountSchema = z.object({
  account_id: z.string().check(z.minLength(1)),
  account_name: z.string(),
  local: z.boolean(),
});

/** Of a sign-in that is over; a browser drops a cookie whose time is up, and sends one that the server does not take. */
export function endOf(response: HttpResponse, reason: SignedOutReason): SignedOutReason {
  if (reason !== "refused") return reason;
  const code = errorInBody(response)?.code;
  if (code === "ACCOUNT_CLOSED") return "closed";
  return code === "TOKEN_MISSING" ? "expired" : reason;
}

/** True when the server has done what was asked, or says that the cookie stands for nobody. */
export function isSaid(response: HttpResponse): boolean {
  const { status } = response;
  return (status < 300 || status === 401) && errorOfStranger(response) === undefined;
}

export function postForm(path: string, fields: Readonly<Record<string, string>>): HttpRequest {
  return {
    method: "POST",
    path,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
  };
}

export function postJson(path: string, body: object): HttpRequest {
  return {
    method: "POST",
    path,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}

/** The account that the cookie stands for. @throws PipitError SERVER_UNREACHABLE, INTERNAL: it says something else. */
export function readAccount(response: HttpResponse): Account {
  const { success, data } = accountSchema.safeParse(parseJson(response.body));
  if (success)
    return {
      kind: "signed-in",
      accountId: data.account_id,
      accountName: data.account_name,
      local: data.local,
    };
  const stranger = errorOfStranger(response);
  if (stranger !== undefined) throw stranger;
  const message = "The server's answer could not be read. Reload the page to get its present version.";
  throw new PipitError("INTERNAL", message);
}

/** The error of an exchange about the sign-in that did not go well. */
export function refusalOf(response: HttpResponse): PipitError {
  const told = errorInBody(response) ?? errorOfStranger(response);
  if (told !== undefined) return told;
  const detail = `HTTP ${response.status}`;
  if (response.status === 401) {
    const message = "The server does not accept this sign-in. Try another one.";
    return new PipitError("TOKEN_INVALID", message, { detail });
  }
  const message = "The server cannot answer at the moment. Try again later.";
  return new PipitError("SERVER_UNREACHABLE", message, { detail });
}
