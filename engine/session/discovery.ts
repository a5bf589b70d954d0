import * as z from "zod/mini";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { SignInWays } from "#contract/sign-in.ts";
import type { HttpClient } from "#engine/ports.ts";

const PATH = "/.well-known/oauth-authorization-server";
const DEVICE_GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code";

/** RFC 8414 §2, and one field of ours (docs/reference/oauth.md). */
const metadataSchema = z.object({
  issuer: z.string(),
  authorization_endpoint: z.optional(z.url()),
  device_authorization_endpoint: z.optional(z.url()),
  grant_types_supported: z.array(z.string()),
  pipit_registration_supported: z.optional(z.boolean()),
});

/** What a server says of its sign-in. */
export type ServerMetadata = z.output<typeof metadataSchema>;

/** Asks a server how it signs people in. @throws PipitError SERVER_TOO_OLD, SERVER_UNREACHABLE, CANCELLED */
export async function readMetadata(http: HttpClient, signal: AbortSignal): Promise<ServerMetadata> {
  const headers = { accept: "application/json" };
  const { status, body } = await http.request({ method: "GET", path: PATH, headers }, signal);
  const metadata = metadataSchema.safeParse(parseJson(body));
  if (status === 200 && metadata.success) return metadata.data;
  const message =
    "This server is of a version that has no sign-in for this program. Ask its operator to update it.";
  throw new PipitError("SERVER_TOO_OLD", message, { detail: `discovery: HTTP ${status}` });
}

export function waysOf(metadata: ServerMetadata): SignInWays {
  const grants = new Set(metadata.grant_types_supported);
  return {
    password: grants.has("password"),
    registration: metadata.pipit_registration_supported === true,
    browser: metadata.authorization_endpoint !== undefined && grants.has("authorization_code"),
    device: metadata.device_authorization_endpoint !== undefined && grants.has(DEVICE_GRANT_TYPE),
  };
}
