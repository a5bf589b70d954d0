import type { AuthState } from "#contract/auth-state.ts";
import { PROMPT_MAX_CHARS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { ChatUiState, ComposerProblem } from "./state/chat-ui.ts";

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

function isSignedOut({ kind }: AuthState): boolean {
  return kind === "signed-out" || kind === "failed";
}

function isKnown({ kind }: AuthState): boolean {
  return kind !== "unknown" && kind !== "signing-in";
}

/** Who is signed in once that is known. */
function settled(auth: ReadonlyStore<AuthState>): Promise<AuthState> {
  const { promise, resolve } = Promise.withResolvers<AuthState>();
  const stop = auth.subscribe((state) => {
    if (isKnown(state)) resolve(state);
  });
  if (isKnown(auth.getState())) resolve(auth.getState());
  return promise.finally(stop);
}

/**
 * Sends what the composer holds. It is emptied only once the message is safe; else everything stays. Enter on the next
 * text while one is on its way counts once that is safe.
 */
export function useSend(): () => Promise<void> {
  const { commands, auth, views, ui } = useBridge();
  const tell = (reason: unknown) => {
    const { code, message } = PipitError.from(reason);
    if (code === "SIGNED_OUT") views.open("sign-in");
    else if (composerCodes.has(code)) ui.store.setState({ problem: { kind: "failed", code, message } });
    else if (code !== "CANCELLED") views.report({ code, message });
  };
  const send = async (): Promise<void> => {
    const state = ui.store.getState();
    if (state.preparing) return sendOncePrepared(state.text);
    if (state.sending) return ui.store.setState({ enteredText: state.text });
    const problem = obstacle(state);
    if (problem === "nothing") return isSignedOut(auth.getState()) ? views.open("sign-in") : undefined;
    ui.store.setState({ problem, sending: problem === undefined });
    if (problem !== undefined) return;
    const { text, picture } = state;
    let isNextEntered = false;
    try {
      // Right after the start the sign-in may still be under way: the message waits for it.
      if (isSignedOut(await settled(auth))) return views.open("sign-in");
      await commands.send({ text, ...(picture === undefined ? {} : { image: ownBytes(picture) }) });
      isNextEntered = ui.sent(text, picture);
      ui.goToEnd();
    } catch (reason) {
      tell(reason);
    } finally {
      ui.store.setState({ sending: false, enteredText: undefined });
    }
    if (isNextEntered) await send();
  };
  /** Enter while a picture is still being prepared counts once it is there, if the text is still what stood there. */
  const sendOncePrepared = async (text: string): Promise<void> => {
    if (ui.store.getState().enteredText === text) return;
    ui.store.setState({ enteredText: text });
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = ui.store.subscribe(({ preparing }) => (preparing ? undefined : resolve()));
    await promise.finally(stop);
    const after = ui.store.getState();
    // A picture that was refused is told first.
    const isStillEntered = after.text === text && after.enteredText === text && after.problem === undefined;
    ui.store.setState({ enteredText: undefined });
    if (isStillEntered) await send();
  };
  return send;
}

/** Pictures never lie in shared memory, which only the compiler cannot know. */
function ownBytes({ bytes, ...size }: ScreenImage) {
  return { ...size, bytes: bytes as Uint8Array<ArrayBuffer> };
}
