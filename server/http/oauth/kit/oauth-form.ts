import type { FastifyRequest } from "fastify";
import { NOT_A_FORM } from "../../kit/parameters.ts";
import { OAuthError } from "./oauth-error.ts";

/** Parameters of a request to the token endpoint or one of its neighbours, each given once at most. */
export type OAuthForm = ReturnType<typeof readForm>;

/**
 * Reads the body, which the HTTP port has limited to 64 KB. Throws OAuthError invalid_request: for parameters in the
 * address, where logs and proxies would keep them, another content type (415), a parameter that is given twice.
 */
export function readForm(request: FastifyRequest) {
  if (request.url.includes("?")) {
    throw new OAuthError("invalid_request", "Parameters belong into the body, never into the address.");
  }
  if (!(request.body instanceof URLSearchParams)) {
    throw new OAuthError("invalid_request", NOT_A_FORM, { status: 415 });
  }
  const form = request.body;
  const seen = new Set<string>();
  for (const [name, value] of form) {
    if (seen.has(name)) throw new OAuthError("invalid_request", "A parameter is given more than once.");
    // No parameter has a use for it, and PostgreSQL takes no text with it.
    if (value.includes("\0")) throw new OAuthError("invalid_request", "A parameter holds a NUL character.");
    seen.add(name);
  }
  /** Value of a parameter; empty ones count as absent (RFC 6749 §3.2). */
  const get = (name: string): string | undefined => form.get(name) || undefined;
  return {
    get,
    /** Like `get`; throws invalid_request when it is absent. */
    need(name: string): string {
      const value = get(name);
      if (value === undefined) throw new OAuthError("invalid_request", `${name} is missing.`);
      return value;
    },
  };
}
