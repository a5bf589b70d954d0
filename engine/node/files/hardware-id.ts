import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { v5 as uuidV5 } from "uuid";
import { z } from "zod";
import type { Logger } from "#contract/logger.ts";
import { ensurePrivateFolder, writePrivateFile } from "./private-files.ts";

/** Namespace of our ids (RFC 9562 §5.5). Changing it changes everybody's hardware id. */
const NAMESPACE = "6d5b1a5e-6c1f-5f0b-9a57-1f1d6c0f7c11";
const CACHE_FILE = "hardware-id.json";
const COMMAND_TIMEOUT_MS = 3_000;

const run = promisify(execFile);
const cacheSchema = z.object({
  seed: z.string().min(8),
  host: z.string(),
  source: z.enum(["machine", "random"]),
});

export interface HardwareIdOptions {
  /** PIPIT_HOME; the id's source is cached here. */
  readonly home: string;
  readonly logger: Logger;
  /** Asks the operating system. Default: this machine's way. Undefined answer: the machine does not tell. */
  readonly readMachineId?: () => Promise<string | undefined>;
}

/**
 * A UUID of version 5 that stays the same for this machine and tells nothing about it. Never version 4: the original
 * clients' validator refuses those (docs/reference/streaming.md). A machine that does not tell its id gets a random one, kept in
 * `<home>/hardware-id.json`. That file names its host, so a home copied to another machine does not carry the id along.
 */
export async function loadHardwareId(options: HardwareIdOptions): Promise<string> {
  const cached = await readCache(options.home);
  if (cached !== undefined) return uuidV5(cached.seed, NAMESPACE);
  const machineId = await (options.readMachineId ?? readMachineId)().catch((error: unknown) => {
    options.logger.debug("hardware_id.unreadable", { reason: String(error) });
    return undefined;
  });
  const seed = machineId ?? randomUUID();
  await ensurePrivateFolder(options.home);
  const source = machineId === undefined ? "random" : "machine";
  // The cache holds a derived id, not the machine's own, which systemd asks to keep to oneself (machine-id(5)).
  const derived = uuidV5(seed, NAMESPACE);
  await writePrivateFile(
    join(options.home, CACHE_FILE),
    JSON.stringify({ seed: derived, host: hostname(), source }),
  );
  return uuidV5(derived, NAMESPACE);
}

async function readCache(home: string): Promise<z.infer<typeof cacheSchema> | undefined> {
  try {
    const cached = cacheSchema.safeParse(JSON.parse(await readFile(join(home, CACHE_FILE), "utf8"))).data;
    return cached?.host === hostname() ? cached : undefined;
  } catch {
    return undefined;
  }
}

async function readMachineId(): Promise<string | undefined> {
  if (process.platform === "linux") return await readLinuxMachineId();
  if (process.platform === "darwin") {
    const { stdout } = await run("/usr/sbin/ioreg", ["-rd1", "-c", "IOPlatformExpertDevice"], {
      timeout: COMMAND_TIMEOUT_MS,
    });
    return /"IOPlatformUUID"\s*=\s*"([0-9A-F-]{36})"/iu.exec(stdout)?.[1];
  }
  if (process.platform === "win32") {
    const key = String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Cryptography`;
    const { stdout } = await run("reg.exe", ["query", key, "/v", "MachineGuid"], {
      timeout: COMMAND_TIMEOUT_MS,
      windowsHide: true,
    });
    return /MachineGuid\s+REG_SZ\s+(\S{16,})/iu.exec(stdout)?.[1];
  }
  return undefined;
}

/** Containers often have an empty file, or "uninitialized" (machine-id(5)). */
async function readLinuxMachineId(): Promise<string | undefined> {
  for (const path of ["/etc/machine-id", "/var/lib/dbus/machine-id"]) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (/^[0-9a-f]{32}$/u.test(text.trim())) return text.trim();
  }
  return undefined;
}
