import { z } from "zod";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { HttpClient } from "#engine/ports.ts";

const PATH = "/.well-known/oauth-authorization-server";
const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** Which ways to sign in a server offers to our programs. */
export interface SignInWays {
  readonly password: boolean;
  /** The server lets people make accounts. */
  readonly registration: boolean;
  /** Code grant with PKCE in the system's browser. */
  readonly browser: boolean;
  /** Code that is typed in on another device (RFC 8628). */
  readonly device: boolean;
}

const metadataSchema = z.object({
  issuer: z.string().min(1),
  token_endpoint: z.string().min(1),
  authorization_endpoint: z.url().optional(),
  device_authorization_endpoint: z.url().optional(),
  grant_types_supported: z.array(z.string()),
  // Not of RFC 8414: what only our own programs need to know.
  pipit_registration_supported: z.boolean().default(false),
});

/** What a server says of itself (RFC 8414 §2). @throws PipitError SERVER_UNREACHABLE, CANCELLED */
async function readMetadata(http: HttpClient, signal: AbortSignal) {
  const headers = { accept: "application/json" };
  const { status, body } = await http.request({ method: "GET", path: PATH, headers }, signal);
  const parsed = metadataSchema.safeParse(status === 200 ? parseJson(body) : undefined);
  if (parsed.success) return parsed.data;
  throw new PipitError(
    "SERVER_UNREACHABLE",
    "There is a server at this address, but it does not answer as Pipit does. Check the address.",
    { detail: `GET ${PATH} answered ${status}` },
  );
}

/** @throws PipitError SERVER_UNREACHABLE, CANCELLED */
export async function readWays(http: HttpClient, signal: AbortSignal): Promise<SignInWays> {
  const metadata = await readMetadata(http, signal);
  const grants = new Set(metadata.grant_types_supported);
  return {
    password: grants.has("password"),
    registration: metadata.pipit_registration_supported,
    browser: metadata.authorization_endpoint !== undefined && grants.has("authorization_code"),
    device: metadata.device_authorization_endpoint !== undefined && grants.has(DEVICE_GRANT),
  };
}
