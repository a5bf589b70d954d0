import type { Logger } from "#contract/logger.ts";
import { repeat } from "../repeat.ts";
import type { KeyRing, MasterKeyState } from "./key-ring.ts";
import { countUnreadable, type SealedPlace } from "./rotate-master-key.ts";

/** Within so long every server seals with the key that is in force. */
export const LOOK_EVERY_MS = 10_000;

/** mixed: some secrets in the database are sealed with a key that nobody has named. */
export interface KeyRingWatch extends AsyncDisposable {
  readonly state: () => MasterKeyState | "mixed";
}

interface KeyRingWatchOptions {
  readonly ring: KeyRing;
  readonly places: readonly SealedPlace[];
  readonly logger: Logger;
  /** Default {@link LOOK_EVERY_MS}. */
  readonly everyMs?: number;
}

const told: Readonly<Partial<Record<MasterKeyState, string>>> = {
  rotating:
    "The master key is being replaced. Keep both keys in the settings, and finish with: pipit admin master-key rotate",
  replaced:
    "The master key of this database was replaced. Set PIPIT_MASTER_KEY to the new one and start the server again.",
};

/**
 * Looks every ten seconds which master key is in force, and says in the log when that changes. When it starts it looks
 * whether the keys open what lies in the database.
 *
 * @throws what the database throws the first time
 */
export async function watchKeyRing(options: KeyRingWatchOptions): Promise<KeyRingWatch> {
  const { ring, places, logger, everyMs = LOOK_EVERY_MS } = options;
  const unreadable = await countUnreadable(ring, places);
  if (unreadable > 0) {
    logger.error("master_key.mixed", {
      unreadable,
      cure:
        "Secrets in the database are sealed with another master key, or damaged: second factors, sign-ins, the model " +
        'connection. Put the key back that belongs to it. If it is lost: "pipit admin master-key abandon".',
    });
  }
  let before: MasterKeyState = "right";
  const tell = (): void => {
    const { state } = ring;
    if (state === before) return;
    before = state;
    const cure = told[state];
    if (cure === undefined) logger.info("master_key.right");
    else logger[state === "replaced" ? "error" : "warn"](`master_key.${state}`, { cure });
  };
  tell();
  const look = async (): Promise<void> => {
    // A database that does not answer is told elsewhere.
    await ring.refresh().catch(() => undefined);
    tell();
  };
  const looks = repeat(look, { firstAfterMs: everyMs, everyMs });
  return {
    state: () => (ring.state === "right" && unreadable > 0 ? "mixed" : ring.state),
    [Symbol.asyncDispose]: () => looks[Symbol.asyncDispose](),
  };
}
