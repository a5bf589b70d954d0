import type { Intent } from "#contract/intent.ts";

/** Holds intents until the window listens: the hotkey may come before the page has rendered. */
export function createIntentQueue() {
  const listeners = new Set<(intent: Intent) => void>();
  let waiting: Intent[] = [];
  const deliver = () => {
    if (listeners.size === 0) return;
    const held = waiting;
    waiting = [];
    for (const intent of held) for (const listener of listeners) listener(intent);
  };
  return {
    push(intent: Intent): void {
      waiting.push(intent);
      // What came earlier goes first, even if it is still being held.
      if (waiting.length === 1) deliver();
    },
    /** Returns the unsubscriber. */
    listen(listener: (intent: Intent) => void): () => void {
      listeners.add(listener);
      // Not at once: several parts of the window begin to listen in one go, and each of them is told.
      if (waiting.length > 0) queueMicrotask(deliver);
      return () => listeners.delete(listener);
    },
  };
}
