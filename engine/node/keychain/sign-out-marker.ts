import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Remembers that the person signed out on purpose, by an empty file `signed-out` in this PIPIT_HOME. Clients sign in to the
 * local account by themselves, and without this the next start would undo a logout (seed 000: "logout blocks sending until
 * the next login").
 */
export function createSignOutMarker(home: string) {
  const path = join(home, "signed-out");
  return {
    isSet: () =>
      stat(path).then(
        () => true,
        () => false,
      ),
    async set(): Promise<void> {
      await mkdir(home, { recursive: true, mode: 0o700 });
      await writeFile(path, "", { mode: 0o600 });
    },
    clear: () => rm(path, { force: true }),
  };
}
