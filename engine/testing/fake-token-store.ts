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
  const others = new Map<string, StoredTokens>();
  return {
    stored,
    saveError: undefined,
    loadError: undefined,
    isLocked: () => holders > 0,
    async load(accountId) {
      if (this.loadError !== undefined) throw this.loadError;
      if (accountId === undefined || accountId === this.stored?.accountId) return this.stored;
      return others.get(accountId);
    },
    async save(tokens) {
      if (this.saveError !== undefined) throw this.saveError;
      if (this.stored !== undefined) others.set(this.stored.accountId, this.stored);
      others.delete(tokens.accountId);
      this.stored = tokens;
    },
    async clear(accountId) {
      if (accountId === undefined || accountId === this.stored?.accountId) this.stored = undefined;
      else others.delete(accountId);
    },
    async accounts() {
      const active = this.stored;
      return [...(active === undefined ? [] : [active]), ...others.values()].map((tokens) => ({
        server: tokens.serverUrl,
        accountId: tokens.accountId,
        accountName: tokens.accountName,
        local: tokens.local,
        active: tokens === active,
      }));
    },
    async activate(accountId) {
      const tokens = await this.load(accountId);
      if (tokens !== undefined) await this.save(tokens);
      return tokens;
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
