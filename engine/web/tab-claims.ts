const LOCK_PREFIX = "pipit-chat:";

/**
 * Which tab sends for which chat: it holds a Web Lock, which the browser frees when the tab is gone, also after a crash.
 *
 * Without Web Locks (a page that is not a secure context) two tabs may send the same message; the server then answers it
 * once, to both.
 */
export function createTabClaims(locks: LockManager | undefined) {
  const held = new Map<string, { readonly taken: Promise<boolean>; readonly release: () => Promise<void> }>();

  function request(chatKey: string, manager: LockManager): Promise<boolean> {
    const taken = Promise.withResolvers<boolean>();
    const released = Promise.withResolvers<void>();
    const ended = manager
      .request(LOCK_PREFIX + chatKey, { ifAvailable: true }, async (lock) => {
        taken.resolve(lock !== null);
        if (lock !== null) await released.promise;
      })
      // A browser that refuses locks altogether: as without them.
      .catch(() => taken.resolve(true));
    const release = async (): Promise<void> => {
      released.resolve();
      await ended;
    };
    held.set(chatKey, { taken: taken.promise, release });
    return taken.promise;
  }

  const claims = {
    /** True if this tab is now, or was before, the one for this chat. */
    async take(chatKey: string): Promise<boolean> {
      if (locks === undefined) return true;
      const taken = await (held.get(chatKey)?.taken ?? request(chatKey, locks));
      if (!taken) held.delete(chatKey);
      return taken;
    },
    async release(chatKey: string): Promise<void> {
      const claim = held.get(chatKey);
      held.delete(chatKey);
      await claim?.release();
    },
    async releaseAll(): Promise<void> {
      for (const chatKey of held.keys()) await claims.release(chatKey);
    },
    /** The server has named the chat. */
    async rename(chatKey: string, chatId: string): Promise<void> {
      if (!held.has(chatKey)) return;
      await claims.take(chatId);
      await claims.release(chatKey);
    },
  };
  return claims;
}
