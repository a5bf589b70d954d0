import { useApp } from "../bridge/use-bridge.ts";
import { keyStyleOf, type KeyStyle } from "./accelerator.ts";

/** How keys are written on this machine. */
export function useKeyStyle(): KeyStyle {
  return keyStyleOf(
    useApp((state) => state.platform),
    navigator.userAgent,
  );
}
