import type { Intent } from "#contract/ipc-schema.ts";

/** Holds intents until the window listens: the hotkey may come before the page has rendered. */
export interface IntentQueue {
  push(intent: Intent): void;
  /** Returns the unsubscriber. */
  listen(listener: (intent: Intent) => void): () => void;
}

export function createIntentQueue(): IntentQueue {
  const listeners = new Set<(intent: Intent) => void>();
  let waiting: Intent[] = [];
  return {
    push(intent) {
      if (listeners.size === 0) waiting.push(intent);
      for (const listener of listeners) listener(intent);
    },
    listen(listener) {
      listeners.add(listener);
      const held = waiting;
      waiting = [];
      for (const intent of held) listener(intent);
      return () => listeners.delete(listener);
    },
  };
}
