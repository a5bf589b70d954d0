import { useSyncExternalStore } from "react";
import { startOfDay } from "../chat/message-time.ts";

const LOOK_EVERY_MS = 60_000;

/** Midnight before, also in a window that is open for days, and after its clock was set. */
export function useToday(): number {
  return useSyncExternalStore(listen, () => startOfDay(Date.now()));
}

function listen(onChange: () => void): () => void {
  const timer = setInterval(onChange, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
