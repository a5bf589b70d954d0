import { useEffect } from "react";
import { useBridge } from "../bridge/use-bridge.ts";

const lookEveryMs = 5_000;

/** While no model answers and the window is seen, looks for one: a model server may be started at any time. */
export function useModelWatch(missing: boolean): void {
  const { commands } = useBridge();
  useEffect(() => {
    if (!missing) return;
    const look = (): void => {
      if (document.visibilityState === "visible") void commands.lookForModel();
    };
    const timer = setInterval(look, lookEveryMs);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [commands, missing]);
}
