import { useState, useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import { createShownList, type Frames, type Shown } from "./shown-messages.ts";

const pageFrames: Frames = {
  next: (work) => {
    const id = requestAnimationFrame(work);
    return () => cancelAnimationFrame(id);
  },
  commit: flushSync,
};

/** What a list of messages draws, one change per frame; `source` is asked for once. */
export function useShownList<Item>(source: () => Parameters<typeof createShownList<Item>>[0]): Shown<Item> {
  const [shown] = useState(() => createShownList(source(), pageFrames));
  return useSyncExternalStore(shown.subscribe, shown.getState);
}
