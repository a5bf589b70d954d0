import * as z from "zod/mini";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ServerLook, SignInWays } from "#contract/sign-in.ts";
import type { Clock } from "#contract/clock.ts";
import type { HttpClient, HttpResponse } from "#engine/ports.ts";

const DEVICE_GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code";

const healthSchema = z.object({ status: z.string(), version: z.string() });
/** RFC 8414 §2, and one field of ours. */
const metadataSchema = z.object({
  issuer: z.string(),
  grant_types_supported: z.array(z.string()),
  pipit_registration: z.optional(z.boolean()),
});

/**
 * Asks the server that `http` talks to who it is and how it signs people in; nothing is sent that could identify a user.
 *
 * @throws PipitError SERVER_UNREACHABLE, SERVER_NOT_PIPIT, SERVER_TOO_OLD, CANCELLED
 */
export async function lookAtServer(http: HttpClient, clock: Clock, signal: AbortSignal): Promise<ServerLook> {
  const [health, metadata] = await Promise.all(
    ["/health", "/.well-known/oauth-authorization-server"].map((path) =>
      http.request({ method: "GET", path, headers: { accept: "application/json" } }, signal),
    ),
  );
  const told = healthSchema.safeParse(parseJson(health?.body ?? ""));
  if (!told.success) throw notPipit(health?.status);
  return {
    version: told.data.version,
    ways: readWays(metadata),
    clockAheadMs: clockAhead(health, clock.nowMs()),
  };
}

function readWays(response: HttpResponse | undefined): SignInWays {
  const metadata = metadataSchema.safeParse(parseJson(response?.body ?? ""));
  if (!metadata.success) {
    const message =
      "This server is of a version that has no sign-in for this program. Ask its operator to update it.";
    throw new PipitError("SERVER_TOO_OLD", message, { detail: `discovery: HTTP ${response?.status}` });
  }
  const grants = metadata.data.grant_types_supported;
  return {
    password: grants.includes("password"),
    registration: metadata.data.pipit_registration === true,
    browser: grants.includes("authorization_code"),
    device: grants.includes(DEVICE_GRANT_TYPE),
  };
}

/** The header counts whole seconds. A server that says nothing is taken to have the right time. */
function clockAhead(response: HttpResponse | undefined, nowMs: number): number {
  const serverMs = Date.parse(response?.headers["date"] ?? "");
  return Number.isNaN(serverMs) ? 0 : serverMs - nowMs;
}

function notPipit(status: number | undefined): PipitError {
  const message = "What answers at this address is not a Pipit server. Check the address.";
  return new PipitError("SERVER_NOT_PIPIT", message, { detail: `GET /health: HTTP ${status}` });
}
