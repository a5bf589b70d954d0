import { busyError, isLockTimeout } from "../errors/postgres-errors.ts";

/** So many may try at once whether a lock is gone; all other connections of the pool stay for what no lock holds up. */
const MAX_TRIES = 2;
/** Texts that are remembered; of more, the oldest is forgotten. */
const MAX_TEXTS = 100;

/**
 * Statements that waited for a lock until their time was up, as when an operator holds a table. Until one of them gets through, few
 * are sent at once and the others refused: they would take all connections, and requests that do not touch that table would wait.
 *
 * @param onLocked told of the text of each that is held up anew; no value is in it
 */
export function createLockedStatements(onLocked: (text: string) => void) {
  const tries = new Map<string, { readonly cause: unknown; running: number }>();
  const hold = (text: string, cause: unknown): void => {
    if (tries.has(text)) return;
    const [oldest] = tries.keys();
    if (tries.size === MAX_TEXTS && oldest !== undefined) tries.delete(oldest);
    tries.set(text, { cause, running: 0 });
    onLocked(text);
  };
  return {
    /** Throws DATABASE_UNREACHABLE without asking; else what `work` throws. */
    async run<T>(text: string, work: () => Promise<T>): Promise<T> {
      const held = tries.get(text);
      if (held !== undefined && held.running >= MAX_TRIES)
        throw busyError({ cause: held.cause, detail: "held up by a lock, so it was not tried" });
      if (held !== undefined) held.running++;
      try {
        const result = await work();
        tries.delete(text);
        return result;
      } catch (reason) {
        if (isLockTimeout(reason)) hold(text, reason);
        throw reason;
      } finally {
        if (held !== undefined) held.running--;
      }
    },
  };
}
