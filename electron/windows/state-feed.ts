import type { Revised } from "#contract/patches/list-patch.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";

/** One frame of a 60 Hz display: more often the user could not see. */
const PUSH_EVERY_MS = 16;

/** Keeps a window's copy of a state in step with the engine's. */
export type StateFeed<State> = ReturnType<typeof createStateFeed<State, object>>;

/**
 * `push` sends to the window. At most one patch per frame, and none without a change: idle costs nothing.
 *
 * @param diff what leads from one state to the next; undefined when nothing does
 */
export function createStateFeed<State, Change extends object>(
  store: ReadonlyStore<State>,
  diff: (before: State, after: State) => Change | undefined,
  push: (patch: Change & Revised) => void,
) {
  let revision = 0;
  /** What the window has; undefined before its first snapshot. */
  let shown: State | undefined;
  let visible = false;
  let timer: NodeJS.Timeout | undefined;
  let lastPushMs = Number.NEGATIVE_INFINITY;

  /** What the window lacks, in one patch. */
  const deliver = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (shown === undefined) return;
    const state = store.getState();
    const change = diff(shown, state);
    shown = state;
    if (change === undefined) return;
    revision += 1;
    lastPushMs = performance.now();
    push({ ...change, revision });
  };
  const flush = (): void => {
    if (visible) deliver();
  };
  const schedule = (): void => {
    if (shown === undefined || !visible || timer !== undefined) return;
    const waitMs = lastPushMs + PUSH_EVERY_MS - performance.now();
    if (waitMs <= 0) flush();
    else timer = setTimeout(flush, waitMs);
  };
  const unsubscribe = store.subscribe(schedule);

  return {
    /** The whole state for a window that (re)loads; patches continue from it. */
    snapshot(): Revised & { readonly state: State } {
      // It need not be the window's own state that is asked for: of what stands in this one it would never be told.
      deliver();
      shown = store.getState();
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
