import { useBridge } from "../bridge/use-bridge.ts";

/**
 * Puts the caret back into the composer when a button goes with what it did: the focus would be nowhere. Not where a
 * finger points, since the keyboard would come up.
 */
export function useComposerFocus(): () => void {
  const { ui } = useBridge();
  return () => {
    if (!matchMedia("(pointer: coarse)").matches) ui.focusComposer();
  };
}
