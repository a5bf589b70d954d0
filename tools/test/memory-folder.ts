import { constants } from "node:fs";
import { access, mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";

const place = "/dev/shm";

/**
 * Makes a folder whose files are in memory, where there is that much of it and programs may be kept there; otherwise
 * undefined. To be removed by the caller.
 */
export async function makeMemoryFolder(prefix: string, neededBytes: number): Promise<string | undefined> {
  const space = await statfs(place).catch(() => undefined);
  if (space === undefined || space.bavail * space.bsize < neededBytes) return undefined;
  const folder = await mkdtemp(join(place, prefix));
  const probe = join(folder, "probe");
  await writeFile(probe, "", { mode: 0o700 });
  const usable = await access(probe, constants.X_OK).then(
    () => true,
    () => false,
  );
  await rm(usable ? probe : folder, { recursive: true });
  return usable ? folder : undefined;
}
