import { useEffect, useState } from "react";
import { useBridge } from "../bridge/use-bridge.tsx";

/**
 * Whether a voice may be heard: from the moment an answer begins to come in this window until it is silenced, or until
 * another chat is shown. The host does not say when the voice ends, and stopping one that has ended does nothing.
 */
export function useMaySpeak(): readonly [maySpeak: boolean, silenced: () => void] {
  const { chat } = useBridge();
  const [maySpeak, setMaySpeak] = useState(() => chat.getState().activeMessageId !== undefined);
  useEffect(
    () =>
      chat.subscribe((state, before) => {
        if (state.activeMessageId !== before.activeMessageId) {
          if (state.activeMessageId !== undefined) setMaySpeak(state.speak);
        } else if (state.messages.length === 0) setMaySpeak(false);
      }),
    [chat],
  );
  return [maySpeak, () => setMaySpeak(false)];
}
