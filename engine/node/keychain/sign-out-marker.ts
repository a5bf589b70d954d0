import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Remembers that the person signed out on purpose. Clients sign in to the local account by themselves, and without this
 * the next start would undo a logout (seed 000: "logout blocks sending until the next login").
 */
export interface SignOutMarker {
  isSet(): Promise<boolean>;
  set(): Promise<void>;
  clear(): Promise<void>;
}

/** The marker of this PIPIT_HOME: an empty file `signed-out`. */
export function createSignOutMarker(home: string): SignOutMarker {
  const path = join(home, "signed-out");
  return {
    isSet: () =>
      stat(path).then(
        () => true,
        () => false,
      ),
    async set() {
      await mkdir(home, { recursive: true, mode: 0o700 });
      await writeFile(path, "", { mode: 0o600 });
    },
    clear: () => rm(path, { force: true }),
  };
}
