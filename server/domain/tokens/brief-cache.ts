import type { Clock } from "#contract/clock.ts";

/** What another program changed, and the bus does not bring, is seen so late at most. */
const MAX_AGE_MS = 1_000;

/**
 * Answers by id, looked up once a second each; look-ups of one id at once share one query.
 *
 * @param maxEntries with more ids than this in one second, the oldest are looked up again: clients may ask for any id
 */
export function createBriefCache<T>(clock: Clock, maxEntries: number) {
  /** Oldest first. */
  const entries = new Map<
    string,
    { readonly atMs: number; readonly answer: Promise<T>; readonly group: string | undefined }
  >();
  return {
    find(id: string, lookUp: () => Promise<T>, group?: string): Promise<T> {
      const atMs = clock.nowMs();
      const known = entries.get(id);
      if (known !== undefined && Math.abs(atMs - known.atMs) < MAX_AGE_MS) return known.answer;
      entries.delete(id);
      const [oldest] = entries.size >= maxEntries ? entries.keys() : [];
      if (oldest !== undefined) entries.delete(oldest);
      const entry = { atMs, answer: lookUp(), group };
      entries.set(id, entry);
      // A failure is no answer; it is not believed for a second.
      entry.answer.catch(() => {
        if (entries.get(id) === entry) entries.delete(id);
      });
      return entry.answer;
    },

    /** Forgets an id or a group of them; absent: everything. */
    forget(idOrGroup?: string): void {
      for (const [id, { group }] of entries) {
        if (idOrGroup === undefined || idOrGroup === id || idOrGroup === group) entries.delete(id);
      }
    },
  };
}
