import type { FastifyRequest } from "fastify";
import { CLI_CLIENT_ID, DESKTOP_CLIENT_ID, WEB_CLIENT_ID } from "#contract/auth-wire.ts";
import { OAuthError } from "./oauth-error.ts";

/** Our own clients. All are public: they have no secret, and claim none. */
const clients: ReadonlySet<string> = new Set([CLI_CLIENT_ID, DESKTOP_CLIENT_ID, WEB_CLIENT_ID]);

/** A request to the token endpoint whose form and client are in order. */
export interface TokenRequest {
  readonly grantType: string;
  readonly clientId: string;
  /** Value of a parameter; empty ones count as absent (RFC 6749 §3.2). */
  readonly get: (name: string) => string | undefined;
}

/** Reads the form. Throws OAuthError invalid_request or invalid_client. */
export function readTokenRequest(request: FastifyRequest): TokenRequest {
  if (request.url.includes("?")) {
    throw new OAuthError("invalid_request", "Parameters belong into the body, never into the address.");
  }
  if (!(request.body instanceof URLSearchParams)) {
    throw new OAuthError(
      "invalid_request",
      "The body must be a form (application/x-www-form-urlencoded).",
      415,
    );
  }
  const form = request.body;
  const seen = new Set<string>();
  for (const name of form.keys()) {
    if (seen.has(name)) throw new OAuthError("invalid_request", "A parameter is given more than once.");
    seen.add(name);
  }
  const get = (name: string): string | undefined => form.get(name) || undefined;
  const grantType = get("grant_type");
  if (grantType === undefined) throw new OAuthError("invalid_request", "grant_type is missing.");
  return { grantType, clientId: readClient(request, get), get };
}

function readClient(request: FastifyRequest, get: TokenRequest["get"]): string {
  const clientId = get("client_id");
  if (request.headers.authorization !== undefined || get("client_secret") !== undefined) {
    throw new OAuthError("invalid_client", "These clients have no secret; send client_id alone.");
  }
  if (clientId === undefined) throw new OAuthError("invalid_client", "client_id is missing.");
  if (!clients.has(clientId)) throw new OAuthError("invalid_client", "This client is not known here.");
  return clientId;
}
