import { systemCodeOf } from "#contract/system-error.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { RUNTIME_FILE, type RuntimeInfo } from "#contract/auth-wire.ts";
import { createHttpClient } from "../http/http-client.ts";
import { parseRuntimeInfo } from "./runtime-info.ts";

/** Loopback answers in milliseconds; a server of another network within this, or not at all. */
const HEALTH_TIMEOUT_MS = 3_000;
/** The server writes its process id here before it is ready (it is how its own error names the holder). */
const PID_FILE = "server.pid";

const MAX_PORT = 65_535;
const health = z.object({
  status: z.string(),
  version: z.string(),
  grpc_port: z.int().min(1).max(MAX_PORT).optional().catch(undefined),
});

/** The server that keeps its data in `dataDir`, if it lives and answers. */
export async function findRunningServer(
  dataDir: string,
  signal: AbortSignal,
): Promise<RuntimeInfo | undefined> {
  const info = parseRuntimeInfo(await readFile(join(dataDir, RUNTIME_FILE), "utf8").catch(() => ""));
  if (info === undefined || !isAlive(info.pid)) return undefined;
  return (await askHealth(info.httpUrl, signal)) === undefined ? undefined : info;
}

/** True while a server process holds `dataDir`, ready or not. */
export async function isDataFolderHeld(dataDir: string): Promise<boolean> {
  const pid = Number.parseInt(await readFile(join(dataDir, PID_FILE), "utf8").catch(() => ""), 10);
  return Number.isSafeInteger(pid) && pid > 0 && isAlive(pid);
}

/**
 * What a Pipit server says at this URL, be it unwell: a client does better to hear from it what is wrong. Undefined: none
 * answers. `grpcPort` is where gRPC is on the same host, if the server tells.
 *
 * @throws PipitError CONFIG_INVALID for a URL that must not be used, CERTIFICATE_REFUSED, CANCELLED.
 */
export async function askHealth(
  httpUrl: string,
  signal: AbortSignal,
): Promise<{ readonly grpcPort: number | undefined } | undefined> {
  const client = createHttpClient(httpUrl, HEALTH_TIMEOUT_MS);
  try {
    const { body } = await client.request({ method: "GET", path: "/health" }, signal);
    const { success, data } = health.safeParse(JSON.parse(body));
    return success ? { grpcPort: data.grpc_port } : undefined;
  } catch (error) {
    if (signal.aborted || PipitError.from(error).code === "CERTIFICATE_REFUSED") throw error;
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to another user.
    return systemCodeOf(error) === "EPERM";
  }
}
