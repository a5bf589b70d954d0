import { createHash } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import * as z from "zod/mini";
import type { Logger } from "#contract/logger.ts";
import { parseJson } from "#contract/parse-json.ts";
import { ensurePrivateFolder, readIfThere, setAside, writePrivateFile } from "../files/private-files.ts";
import { formatTime } from "../keychain/credentials-file-token-store.ts";
import { withCredentialsLock } from "../keychain/credentials-lock.ts";

/** No clock comes so far: whoever followed one that says so would soon have no times left. */
const FOLLOWED_MAX = 2 ** 52;
const CLOCK_FILE = "clock.json";
const clockSchema = z.object({
  value: z.int().check(z.minimum(0)),
  node_id: z.string().check(z.minLength(1)),
});

/** Times of a home's events that no clock of a machine can set back: each is greater than all before. */
export interface LamportClock {
  /**
   * Takes the next times of this home, which are greater than all that were seen, but absurd ones. Safe with other programs of the home.
   *
   * @param seen the greatest time of others' events; 0 for none
   * @param queued the greatest of events that wait: asked for where the file is lost
   * @returns the first of `count` times in a row, and the name of this home among others
   */
  take(
    count: number,
    seen: number,
    queued: () => number,
    signal: AbortSignal,
  ): Promise<{ readonly first: number; readonly nodeId: string }>;
}

/** The clock in `<home>/clock.json`. A file that cannot be read is put aside. */
export function createLamportClock(home: string, logger: Logger, nowMs: () => number): LamportClock {
  const path = join(home, CLOCK_FILE);
  return {
    async take(count, seen, queued, signal) {
      await ensurePrivateFolder(home);
      const lock = { home, name: "clock.lock", logger };
      return withCredentialsLock(
        lock,
        async () => {
          const text = await readIfThere(path);
          const kept = clockSchema.safeParse(text === undefined ? undefined : parseJson(text)).data;
          if (text !== undefined && kept === undefined) {
            logger.warn("events.clock_damaged", { path: await setAside(path, "damaged") });
          }
          const last = Math.max(kept?.value ?? followed(queued()), followed(seen));
          const nodeId = kept?.node_id ?? nodeIdOf(hostname(), userInfo().username);
          const clock = { value: last + count, node_id: nodeId, updated_at: formatTime(nowMs()) };
          if (count > 0 || last !== kept?.value) await writePrivateFile(path, `${JSON.stringify(clock)}\n`);
          return { first: last + 1, nodeId };
        },
        signal,
      );
    },
  };
}

function followed(value: number): number {
  return value <= FOLLOWED_MAX ? value : 0;
}

/** The first 12 hex digits of SHA-256 over `host:user`. */
export function nodeIdOf(host: string, user: string): string {
  return createHash("sha256").update(`${host}:${user}`).digest("hex").slice(0, 12);
}
