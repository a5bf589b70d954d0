import { PROMPT_MAX_CHARS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { useBridge } from "../bridge/use-bridge.tsx";
import { useViews } from "../shell/use-view.tsx";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { ChatUiState, ComposerProblem } from "./chat-ui.ts";
import { useChatUi } from "./use-chat-ui.ts";

/** Codes that are about the text or the picture; told beside the composer. */
const composerCodes = new Set([
  "PROMPT_EMPTY",
  "PROMPT_TOO_LONG",
  "SCREENSHOT_INVALID",
  "SCREENSHOT_TOO_LARGE",
  "MESSAGE_TOO_LARGE",
  "INVALID_REQUEST",
]);

/** What keeps the composer's content from being sent; `nothing`: there is none. */
function obstacle({ text, picture }: ChatUiState): ComposerProblem | "nothing" | undefined {
  // With a picture it is not obvious why nothing happens.
  if (text.trim() === "") return picture === undefined ? "nothing" : { kind: "empty" };
  return text.length > PROMPT_MAX_CHARS ? { kind: "too-long", lengthChars: text.length } : undefined;
}

/** Sends what the composer holds. It is emptied only once the message is safe; else everything stays. */
export function useSend(): () => Promise<void> {
  const { commands, auth } = useBridge();
  const views = useViews();
  const ui = useChatUi();
  const tell = (reason: unknown) => {
    const { code, message } = PipitError.from(reason);
    if (code === "SIGNED_OUT") views.open("sign-in");
    else if (composerCodes.has(code)) ui.store.setState({ problem: { kind: "failed", code, message } });
    else if (code !== "CANCELLED") views.report({ code, message });
  };
  return async () => {
    const state = ui.store.getState();
    if (state.sending || state.preparing) return;
    const { kind } = auth.getState();
    if (kind === "signed-out" || kind === "failed") return views.open("sign-in");
    const problem = obstacle(state);
    if (problem === "nothing") return;
    ui.store.setState({ problem, sending: problem === undefined });
    if (problem !== undefined) return;
    const { text, picture } = state;
    try {
      await commands.send({ text, ...(picture === undefined ? {} : { image: ownBytes(picture) }) });
      ui.sent(text, picture);
      ui.goToEnd();
    } catch (reason) {
      tell(reason);
    } finally {
      ui.store.setState({ sending: false });
    }
  };
}

/** Pictures never lie in shared memory, which only the compiler cannot know. */
function ownBytes({ bytes, ...size }: ScreenImage) {
  return { ...size, bytes: bytes as Uint8Array<ArrayBuffer> };
}
