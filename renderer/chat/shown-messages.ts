import type { Message } from "#contract/chat-state.ts";

/** What the list draws. */
export interface Shown<Item = Message> {
  readonly messages: readonly Item[];
  /** Messages came or went at the start only, so positions are counted from the end. */
  readonly shift: boolean;
  /** Counts up with each other chat. */
  readonly generation: number;
}

/**
 * The next thing to draw on the way from one list of messages to another. A list that lost messages at its start and
 * got some at its end takes two steps, because a virtual list can keep positions through one kind of change at a time.
 */
export function stepTowards<Item>(
  shown: Shown<Item>,
  next: readonly Item[],
  keyOf: (item: Item) => string,
): Shown<Item> {
  const isSame = (one: Item, other: Item): boolean => keyOf(one) === keyOf(other);
  const { messages, generation } = shown;
  const oldFirst = messages[0];
  const newFirst = next[0];
  if (oldFirst === undefined || newFirst === undefined || isSame(oldFirst, newFirst)) {
    return { messages: next, shift: false, generation };
  }
  const gone = messages.findIndex((message) => isSame(message, newFirst));
  if (gone > 0) return { messages: next.slice(0, messages.length - gone), shift: true, generation };
  const come = next.findIndex((message) => isSame(message, oldFirst));
  if (come > 0) return { messages: next.slice(0, messages.length + come), shift: true, generation };
  return { messages: next, shift: false, generation: generation + 1 };
}

/** What a message is to the list: branches of one place are one row, so that what has the focus there keeps it. */
export function rowKey(message: Message): string {
  const place = message.role === "user" ? message.branch?.turnIds[0] : undefined;
  return `${message.role}:${place ?? message.id}`;
}

/** What drawing needs of the page; tests hand in their own. */
export interface Frames {
  /** Runs `work` before the next picture; returns what calls it off. */
  readonly next: (work: () => void) => () => void;
  /** Runs `change` and has what follows from it drawn before it returns. */
  readonly commit: (change: () => void) => void;
}

/** Where the messages are. */
interface ListSource<Item> {
  /** The same list as long as nothing in it changes. */
  readonly items: () => readonly Item[];
  readonly subscribe: (listener: () => void) => () => void;
  readonly keyOf: (item: Item) => string;
}

/**
 * The messages as the list draws them: at most one change per frame, however fast the answer comes, and none while the
 * page is hidden (there are no frames then).
 */
export function createShownList<Item>({ items, subscribe, keyOf }: ListSource<Item>, frames: Frames) {
  let shown: Shown<Item> = { messages: items(), shift: false, generation: 0 };
  const listeners = new Set<() => void>();
  let stop: (() => void) | undefined;
  let cancelFrame: (() => void) | undefined;

  const flush = () => {
    cancelFrame = undefined;
    const target = items();
    while (shown.messages !== target) {
      const step = stepTowards(shown, target, keyOf);
      const last = step.messages.length === target.length;
      frames.commit(() => {
        shown = last ? { ...step, messages: target } : step;
        for (const listener of listeners) listener();
      });
    }
  };
  const schedule = () => {
    if (items() !== shown.messages) cancelFrame ??= frames.next(flush);
  };
  return {
    getState: (): Shown<Item> => shown,
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      stop ??= subscribe(schedule);
      schedule();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stop?.();
        cancelFrame?.();
        stop = cancelFrame = undefined;
      };
    },
  };
}
