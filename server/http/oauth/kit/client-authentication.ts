import type { FastifyRequest } from "fastify";
import type { OauthClient } from "#server/domain/tokens/ports.ts";
import type { HttpContext } from "../../kit/http-context.ts";
import { OAuthError } from "./oauth-error.ts";
import type { OAuthForm } from "./oauth-form.ts";

/** How a client says who it is (RFC 6749 §2.3.1, RFC 7591 §2). */
interface Shown {
  readonly clientId: string;
  readonly secret: string | undefined;
}

/**
 * The client that sends a request: a confidential one has proved it by its secret, a public one only says so. Throws
 * OAuthError: invalid_request for two proofs at once, invalid_client for everything else.
 */
export async function authenticateClient(
  clients: HttpContext["clients"],
  request: FastifyRequest,
  form: OAuthForm,
): Promise<OauthClient> {
  const shown = readShown(request.headers.authorization, form);
  const client = await clients.find(shown.clientId);
  if (client === undefined) throw refused("This client is not known here.", "unknown-client");
  checkProof(clients, client, shown);
  if (!client.active) throw refused("This client is switched off.", "client-inactive", client);
  return client;
}

function checkProof(clients: HttpContext["clients"], client: OauthClient, { secret }: Shown): void {
  if (!client.confidential) {
    if (secret === undefined) return;
    throw refused("This client has no secret; send client_id alone.", "no-secret", client);
  }
  if (secret === undefined) {
    throw refused("This client must prove itself by its secret.", "secret-missing", client);
  }
  if (clients.verifySecret(client, secret)) return;
  throw refused("The client's secret is wrong.", "wrong-secret", client);
}

function readShown(authorization: string | undefined, form: OAuthForm): Shown {
  const clientId = form.get("client_id");
  const secret = form.get("client_secret");
  if (authorization !== undefined) {
    const basic = readBasic(authorization);
    if (secret !== undefined) {
      throw new OAuthError("invalid_request", "The client proves itself in two ways at once.");
    }
    if (clientId !== undefined && clientId !== basic.clientId) {
      throw new OAuthError("invalid_request", "client_id is not the client of the Authorization header.");
    }
    return basic;
  }
  if (clientId === undefined) throw refused("client_id is missing.", "client-missing");
  return { clientId, secret };
}

/** RFC 7617 §2, with both halves form-encoded (RFC 6749 §2.3.1). */
function readBasic(authorization: string): Shown {
  const encoded = /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(authorization)?.[1];
  const decoded = encoded === undefined ? "" : Buffer.from(encoded, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  const clientId = formDecode(decoded.slice(0, Math.max(0, colon)));
  const secret = formDecode(decoded.slice(colon + 1));
  if (colon === -1 || clientId === undefined || secret === undefined) {
    throw refused("The Authorization header must read: Basic <id:secret in base64>.", "malformed");
  }
  return { clientId, secret };
}

function formDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

function refused(message: string, reason: string, client?: OauthClient): OAuthError {
  return new OAuthError("invalid_client", message, { reason, clientId: client?.clientId });
}
