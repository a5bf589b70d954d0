import type { ChatPatch, ChatSnapshot } from "#contract/chat-patch.ts";
import type { ChatState } from "#contract/chat-state.ts";
import { diffChat } from "#engine/chat/chat-patch.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";

/** One frame of a 60 Hz display: more often the user could not see. */
const PUSH_EVERY_MS = 16;

/** Keeps a window's copy of the chat in step with the engine's. */
export type StateFeed = ReturnType<typeof createStateFeed>;

/** `push` sends to the window. At most one patch per frame, and none without a change: idle costs nothing. */
export function createStateFeed(chat: ReadonlyStore<ChatState>, push: (patch: ChatPatch) => void) {
  let revision = 0;
  /** What the window has; undefined before its first snapshot. */
  let shown: ChatState | undefined;
  let visible = false;
  let timer: NodeJS.Timeout | undefined;
  let lastPushMs = Number.NEGATIVE_INFINITY;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (shown === undefined || !visible) return;
    const state = chat.getState();
    const change = diffChat(shown, state);
    shown = state;
    if (change === undefined) return;
    revision += 1;
    lastPushMs = performance.now();
    push({ revision, ...change });
  };
  const schedule = (): void => {
    if (shown === undefined || !visible || timer !== undefined) return;
    const waitMs = lastPushMs + PUSH_EVERY_MS - performance.now();
    if (waitMs <= 0) flush();
    else timer = setTimeout(flush, waitMs);
  };
  const unsubscribe = chat.subscribe(schedule);

  return {
    /** The whole state for a window that (re)loads; patches continue from it. */
    snapshot(): ChatSnapshot {
      shown = chat.getState();
      return { revision, state: shown };
    },
    /** Hidden windows are told nothing; when shown, they catch up in one patch. */
    setVisible(next: boolean): void {
      visible = next;
      flush();
    },
    /** The page is gone: nothing is pushed before it asks for a snapshot. */
    reset(): void {
      shown = undefined;
    },
    [Symbol.dispose](): void {
      clearTimeout(timer);
      unsubscribe();
    },
  };
}
