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
  /** Ids by group: to forget a session must not take a look at all that is known. */
  const groups = new Map<string, Set<string>>();

  const remove = (id: string): void => {
    const group = entries.get(id)?.group;
    entries.delete(id);
    if (group === undefined) return;
    const ids = groups.get(group);
    ids?.delete(id);
    if (ids?.size === 0) groups.delete(group);
  };

  return {
    find(id: string, lookUp: () => Promise<T>, group?: string): Promise<T> {
      const atMs = clock.nowMs();
      const known = entries.get(id);
      if (known !== undefined && Math.abs(atMs - known.atMs) < MAX_AGE_MS) return known.answer;
      remove(id);
      const [oldest] = entries.size >= maxEntries ? entries.keys() : [];
      if (oldest !== undefined) remove(oldest);
      const entry = { atMs, answer: lookUp(), group };
      entries.set(id, entry);
      if (group !== undefined) groups.set(group, (groups.get(group) ?? new Set()).add(id));
      // A failure is no answer; it is not believed for a second.
      entry.answer.catch(() => {
        if (entries.get(id) === entry) remove(id);
      });
      return entry.answer;
    },

    /** Forgets an id or a group of them; absent: everything. */
    forget(idOrGroup?: string): void {
      if (idOrGroup === undefined) {
        entries.clear();
        groups.clear();
        return;
      }
      remove(idOrGroup);
      for (const id of groups.get(idOrGroup) ?? []) remove(id);
    },
  };
}
