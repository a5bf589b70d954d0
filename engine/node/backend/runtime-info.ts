import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "#contract/parse-json.ts";
import { RUNTIME_FILE, type RuntimeInfo } from "#contract/auth-wire.ts";

const runtimeInfo = z.object({
  pid: z.number().int().positive(),
  httpUrl: z.string().min(1),
  grpcUrl: z.string().min(1),
  version: z.string(),
  setAside: z.string().optional(),
});

/** Parses the content of runtime.json, which is also the ready line of an embedded server. */
export function parseRuntimeInfo(text: string): RuntimeInfo | undefined {
  return runtimeInfo.safeParse(parseJson(text)).data;
}

/** True when the server at this URL is the one that keeps its data in this home: its runtime file names the address. */
export function isServerOfHome(home: string, serverUrl: string): boolean {
  try {
    const info = parseRuntimeInfo(readFileSync(join(home, "server", RUNTIME_FILE), "utf8"));
    return info !== undefined && new URL(info.httpUrl).origin === new URL(serverUrl).origin;
  } catch {
    return false;
  }
}
