import type { StoredTokens, TokenStore } from "#engine/ports.ts";

/** A token store that several sessions may share, as processes share a file. */
export interface FakeTokenStore extends TokenStore {
  stored: StoredTokens | undefined;
  /** What `save` throws from now on. */
  saveError: Error | undefined;
  /** What `load` throws from now on. */
  loadError: Error | undefined;
  readonly isLocked: () => boolean;
}

export function createFakeTokenStore(stored?: StoredTokens): FakeTokenStore {
  let last: Promise<unknown> = Promise.resolve();
  let holders = 0;
  return {
    stored,
    saveError: undefined,
    loadError: undefined,
    isLocked: () => holders > 0,
    async load() {
      if (this.loadError !== undefined) throw this.loadError;
      return this.stored;
    },
    async save(tokens) {
      if (this.saveError !== undefined) throw this.saveError;
      this.stored = tokens;
    },
    async clear() {
      this.stored = undefined;
    },
    async withLock(work) {
      const previous = last;
      const mine = Promise.withResolvers<void>();
      last = mine.promise;
      await previous;
      holders += 1;
      try {
        return await work();
      } finally {
        holders -= 1;
        mine.resolve();
      }
    },
    place: () => ({ kind: "memory" }),
  };
}
