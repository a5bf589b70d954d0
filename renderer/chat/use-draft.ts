import { useEffect } from "react";
import { PROMPT_MAX_CHARS } from "#contract/limits.ts";
import { useBridge } from "../bridge/use-bridge.ts";

const draftPauseMs = 400;
/** What the host takes; a text beyond it cannot be sent either, and the composer says so. */
const draftMaxChars = 4 * PROMPT_MAX_CHARS;

/** Keeps what is being written safe: a moment after the last key, and at once when the window may go away. */
export function useDraft(): void {
  const { commands, ui } = useBridge();
  useEffect(() => {
    let saved = ui.store.getState().text;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      clearTimeout(timer);
      timer = undefined;
      const { text } = ui.store.getState();
      if (text === saved || text.length > draftMaxChars) return;
      saved = text;
      // Typing goes on whether or not it could be kept; the next pause tries again.
      commands.saveDraft({ text }).catch(() => {
        saved = "";
      });
    };
    const stop = ui.store.subscribe((state, before) => {
      if (state.text === before.text) return;
      clearTimeout(timer);
      if (state.text === "") flush();
      else timer = setTimeout(flush, draftPauseMs);
    });
    addEventListener("blur", flush);
    addEventListener("pagehide", flush);
    return () => {
      stop();
      flush();
      removeEventListener("blur", flush);
      removeEventListener("pagehide", flush);
    };
  }, [commands, ui]);
}
