import { useEffect, useRef, type ClipboardEvent, type KeyboardEvent, useLayoutEffect } from "react";
import { useTranslation } from "react-i18next";
import type { AuthState } from "#contract/auth-state.ts";
import { PROMPT_MAX_CHARS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { ownBytes } from "#contract/screen-image.ts";
import { settledAuth } from "../auth/settled-auth.ts";
import { useBridge, useChatUiState } from "../bridge/use-bridge.ts";
import { ComposerNotes } from "./composer-notes.tsx";
import { ComposerTools } from "./composer-tools.tsx";
import { isPreparing, readyFile } from "./files/pending-file.ts";
import { PendingFiles } from "./files/pending-files.tsx";
import { PendingPicture } from "./picture/pending-picture.tsx";
import { pastedFiles } from "./picture/pasted-files.ts";
import { lazily } from "../ui/lazily.tsx";
import { useDraft, useDraftPerAccount } from "./use-draft.ts";
import type { AttachmentIntake } from "./files/use-attachments.ts";
import type { ChatUiState, ComposerProblem } from "./state/chat-ui.ts";

const PromptMatches = lazily(async () => (await import("../prompts/prompt-matches.tsx")).PromptMatches);
const ProgramChoice = lazily(
  async () => (await import("../other-programs/program-choice.tsx")).ProgramChoice,
);

/** Where questions are written. `onPage` scrolls the conversation by a page while the caret stays here. */
export function Composer({
  attachments,
  onPage,
  bar,
}: {
  readonly attachments: AttachmentIntake;
  readonly onPage: (direction: -1 | 1) => void;
  readonly bar: boolean;
}) {
  const { t } = useTranslation("chat");
  const { ui } = useBridge();
  const text = useChatUiState((state) => state.text);
  const program = useChatUiState((state) => state.selectedFrom?.program);
  const tooLong = text.length > PROMPT_MAX_CHARS;
  const field = useRef<HTMLTextAreaElement>(null);
  const send = useSend();
  const onKeyDown = useComposerKeys(send, onPage);
  useDraft();
  useDraftPerAccount();
  useFocusRequests(field);
  useAutoHeight(field, text);
  const onPaste = (event: ClipboardEvent) => {
    const files = pastedFiles(event.clipboardData);
    if (files.length === 0) return;
    event.preventDefault();
    void attachments.take(files);
  };
  return (
    <div className={`flex shrink-0 flex-col gutter ${bar ? "max-h-80" : "max-h-2/5"}`}>
      <div className="mx-auto flex min-h-0 w-full max-w-page flex-col px-4 pb-3">
        <div className="composer no-drag flex min-h-0 flex-col rounded-card border border-control bg-ground transition-colors focus-within:border-accent dark:bg-raised">
          <PendingPicture onRemove={attachments.remove} />
          <PendingFiles onRemove={attachments.removeFile} />
          <ComposerNotes />
          {program === undefined ? undefined : <ProgramChoice program={program} />}
          {text.startsWith("/") ? <PromptMatches /> : undefined}
          <textarea
            ref={field}
            dir="auto"
            rows={1}
            aria-label={t("composer")}
            aria-invalid={tooLong}
            placeholder={t("placeholder")}
            value={text}
            onChange={(event) => ui.write(event.target.value)}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
            className="field-sizing-content min-h-10 w-full resize-none overflow-y-auto bg-transparent px-3 pt-2.5 pb-1 text-reading outline-none placeholder:text-faint"
          />
          <ComposerTools attachments={attachments} onSend={() => void send()} bar={bar} />
        </div>
      </div>
    </div>
  );
}

/** Enter sends, arrow-up in the empty field edits the last question, page keys scroll the list. */
function useComposerKeys(send: () => Promise<void>, onPage: (direction: -1 | 1) => void) {
  const { chat, ui } = useBridge();
  const handlers: Readonly<Record<string, (event: KeyboardEvent<HTMLTextAreaElement>) => boolean>> = {
    Enter: (event) => {
      if (event.shiftKey || event.altKey) return false;
      void send();
      return true;
    },
    ArrowUp: () => {
      if (ui.store.getState().text !== "") return false;
      const last = chat.getState().messages.findLast((message) => message.role === "user");
      if (last !== undefined) ui.edit(last.id);
      return last !== undefined;
    },
    PageUp: ({ currentTarget }) => turnPage(currentTarget, -1),
    PageDown: ({ currentTarget }) => turnPage(currentTarget, 1),
  };
  const turnPage = (field: HTMLTextAreaElement, direction: -1 | 1): boolean => {
    if (field.scrollHeight > field.clientHeight) return false;
    onPage(direction);
    return true;
  };
  return (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (handlers[event.key]?.(event) === true) event.preventDefault();
  };
}

function useFocusRequests(field: { readonly current: HTMLTextAreaElement | null }): void {
  // What a start is measured by: from here on a person can write.
  useEffect(() => void performance.mark("composer"), []);
  const requests = useChatUiState((state) => state.focusRequests);
  useEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.focus();
    element.setSelectionRange(element.value.length, element.value.length);
  }, [field, requests]);
}

/** Lets a text area grow with its text where the browser does not do so by itself (`field-sizing: content`). */
function useAutoHeight(field: { readonly current: HTMLTextAreaElement | null }, text: string): void {
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null || CSS.supports("field-sizing", "content")) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [field, text]);
}

/** Codes that are about the text or the picture; told beside the composer. */
const composerCodes = new Set([
  "PROMPT_EMPTY",
  "PROMPT_TOO_LONG",
  "SCREENSHOT_INVALID",
  "SCREENSHOT_TOO_LARGE",
  "FILES_TOO_MANY",
  "FILES_TOO_LONG",
  "MESSAGE_TOO_LARGE",
  "INVALID_REQUEST",
]);

/** What keeps the composer's content from being sent; `nothing`: there is none. */
function obstacle({ text, picture, files }: ChatUiState): ComposerProblem | "nothing" | undefined {
  // With a picture or a file it is not obvious why nothing happens.
  if (text.trim() === "") return picture === undefined && files.length === 0 ? "nothing" : { kind: "empty" };
  return text.length > PROMPT_MAX_CHARS ? { kind: "too-long", lengthChars: text.length } : undefined;
}

function isSignedOut({ kind }: AuthState): boolean {
  return kind === "signed-out" || kind === "failed";
}

/**
 * Sends what the composer holds. It is emptied only once the message is safe; else everything stays. Enter on the next
 * text while one is on its way counts once that is safe.
 */
function useSend(): () => Promise<void> {
  const { commands, auth, views, ui } = useBridge();
  const tell = (reason: unknown) => {
    const { code, message } = PipitError.from(reason);
    if (code === "SIGNED_OUT") views.open("sign-in");
    else if (composerCodes.has(code)) ui.store.setState({ problem: { kind: "failed", code, message } });
    else if (code !== "CANCELLED") views.report({ code, message });
  };
  const send = async (): Promise<void> => {
    const state = ui.store.getState();
    if (isPreparing(state)) return sendOncePrepared(state.text);
    if (state.sending) return ui.store.setState({ enteredText: state.text });
    const problem = obstacle(state);
    if (problem === "nothing") return isSignedOut(auth.getState()) ? views.open("sign-in") : undefined;
    ui.store.setState({ problem, sending: problem === undefined });
    if (problem !== undefined) return;
    const { text, picture } = state;
    const files = state.files.flatMap((file) => readyFile(file) ?? []);
    let isNextEntered = false;
    try {
      // Right after the start the sign-in may still be under way: the message waits for it.
      if (isSignedOut(await settledAuth(auth))) return views.open("sign-in");
      // It is meant for the chat that is being opened; where that cannot be, it stays in the composer.
      if (!(await views.opened())) return;
      const id = await commands.send({
        text,
        ...(picture === undefined ? {} : { image: { ...picture, bytes: ownBytes(picture.bytes) } }),
        ...(files.length === 0 ? {} : { files }),
      });
      isNextEntered = ui.sent(state);
      ui.asked(id);
      ui.goToEnd();
    } catch (reason) {
      tell(reason);
    } finally {
      ui.store.setState({ sending: false, enteredText: undefined });
    }
    if (isNextEntered) await send();
  };
  /** Enter while a picture or file is still being prepared counts once it is there, if the text is still what stood there. */
  const sendOncePrepared = async (text: string): Promise<void> => {
    if (ui.store.getState().enteredText === text) return;
    ui.store.setState({ enteredText: text });
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = ui.store.subscribe((now) => (isPreparing(now) ? undefined : resolve()));
    await promise.finally(stop);
    const after = ui.store.getState();
    // What was refused is told first.
    const isRefused =
      after.problem !== undefined || after.files.some((file) => readyFile(file) === undefined);
    const isStillEntered = after.text === text && after.enteredText === text && !isRefused;
    ui.store.setState({ enteredText: undefined });
    if (isStillEntered) await send();
  };
  return send;
}
