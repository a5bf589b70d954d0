import { useBridge } from "../bridge/use-bridge.ts";

/**
 * Puts the caret back into the composer when a button goes with what it did: the focus would be nowhere. Not where a
 * finger points, since the keyboard would come up, nor when something else is being written by then.
 */
export function useComposerFocus(): () => void {
  const { ui } = useBridge();
  return () => {
    const isWriting = document.activeElement?.matches("input, textarea") === true;
    if (!isWriting && !matchMedia("(pointer: coarse)").matches) ui.focusComposer();
  };
}
