import type * as z from "zod/mini";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "#engine/ports.ts";
import { errorInBody, errorOfStranger } from "./http-error.ts";

/**
 * A Pipit server's own HTTP, JSON both ways. Throws what the server answers, and INTERNAL for an answer of another shape.
 *
 * @param http adds the sign-in
 */
export function createJsonApi(http: HttpClient) {
  async function change(request: Omit<HttpRequest, "headers">, signal: AbortSignal): Promise<HttpResponse> {
    const type = request.body === undefined ? {} : { "content-type": "application/json" };
    const headers = { accept: "application/json", ...type };
    const response = await http.request({ ...request, headers }, signal);
    const stranger = errorOfStranger(response);
    if (stranger !== undefined) throw stranger;
    if (![200, 201, 204].includes(response.status)) throw refusalOf(request.path, response);
    return response;
  }
  return {
    change,
    /** A request whose answer is read. */
    async ask<T>(
      request: Omit<HttpRequest, "headers">,
      schema: z.ZodMiniType<T>,
      signal: AbortSignal,
    ): Promise<T> {
      const parsed = schema.safeParse(parseJson((await change(request, signal)).body));
      if (parsed.success) return parsed.data;
      const message = "The server's answer could not be read. Are client and server of one version?";
      const fields = parsed.error.issues.map((issue) => issue.path.join(".")).join(", ");
      throw new PipitError("INTERNAL", message, { detail: `${request.method} ${request.path}: ${fields}` });
    },
  };
}

/** What names a chat. Of any other address a 404 says that it is not there, and not that something stored is not. */
const ofChat = /^\/v1\/chats\/(?!search\b)/;
const UNKNOWN_HERE =
  "The server does not know this request: it is older than this Pipit, or another program answers at its address. Update it, or check the address.";

/** What the server means by an answer that is not what was asked for. */
export function refusalOf(path: string, response: HttpResponse): PipitError {
  const told = errorInBody(response) ?? errorOfStranger(response);
  if (told !== undefined) return told;
  const detail = `HTTP ${response.status}`;
  switch (response.status) {
    case 403:
      return new PipitError("NOT_ALLOWED", "This account may not see that.", { detail });
    case 404:
      return ofChat.test(path)
        ? new PipitError("CHAT_NOT_FOUND", "This chat does not exist any more.", { detail })
        : new PipitError("INVALID_REQUEST", UNKNOWN_HERE, { detail });
    case 429:
      return new PipitError("RATE_LIMITED", "Too many requests at once. Try again in a minute.", { detail });
    default: {
      const message = "The server cannot answer at the moment. Try again later.";
      return new PipitError("SERVER_UNREACHABLE", message, { detail });
    }
  }
}
