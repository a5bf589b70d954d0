import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RUNTIME_FILE, type RuntimeInfo } from "#contract/auth-wire.ts";

/** Says where this server listens. A reader never sees half a file; disposing removes it. */
export async function writeRuntimeFile(dataDir: string, info: RuntimeInfo): Promise<AsyncDisposable> {
  const path = join(dataDir, RUNTIME_FILE);
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, `${JSON.stringify(info)}\n`, { mode: 0o600, flag: "wx" });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}
