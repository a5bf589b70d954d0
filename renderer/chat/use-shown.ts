import { useState, useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import { useBridge } from "../bridge/use-bridge.tsx";
import { createShownMessages, type Frames, type Shown } from "./shown-messages.ts";

const pageFrames: Frames = {
  next: (work) => {
    const id = requestAnimationFrame(work);
    return () => cancelAnimationFrame(id);
  },
  commit: flushSync,
};

/** The messages, one change per frame. */
export function useShown(): Shown {
  const { chat } = useBridge();
  const [shown] = useState(() => createShownMessages(chat, pageFrames));
  return useSyncExternalStore(shown.subscribe, shown.getState);
}
