import * as z from "zod/mini";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ServerLook } from "#contract/sign-in.ts";
import type { Clock } from "#contract/clock.ts";
import type { HttpClient, HttpResponse } from "#engine/ports.ts";
import { readMetadata, waysOf } from "./discovery.ts";

const healthSchema = z.object({ status: z.string(), version: z.string() });
/**
 * Asks the server that `http` talks to who it is and how it signs people in; nothing is sent that could identify a user.
 *
 * @throws PipitError SERVER_UNREACHABLE, SERVER_NOT_PIPIT, SERVER_TOO_OLD, CANCELLED
 */
export async function lookAtServer(http: HttpClient, clock: Clock, signal: AbortSignal): Promise<ServerLook> {
  const metadata = readMetadata(http, signal);
  // What /health says comes first: something else has no discovery either.
  metadata.catch(() => {});
  const headers = { accept: "application/json" };
  const health = await http.request({ method: "GET", path: "/health", headers }, signal);
  const told = healthSchema.safeParse(parseJson(health.body));
  if (!told.success) throw notPipit(health.status);
  return {
    version: told.data.version,
    ways: waysOf(await metadata),
    clockAheadMs: clockAhead(health, clock.nowMs()),
  };
}

/** The header counts whole seconds. A server that says nothing is taken to have the right time. */
export function clockAhead(response: HttpResponse, nowMs: number): number {
  const serverMs = Date.parse(response.headers["date"] ?? "");
  return Number.isNaN(serverMs) ? 0 : serverMs - nowMs;
}

function notPipit(status: number): PipitError {
  const message = "What answers at this address is not a Pipit server. Check the address.";
  return new PipitError("SERVER_NOT_PIPIT", message, { detail: `GET /health: HTTP ${status}` });
}
