import { useEffect, useRef, type ClipboardEvent, type KeyboardEvent, useLayoutEffect } from "react";
import { useTranslation } from "react-i18next";
import { PROMPT_MAX_CHARS } from "#contract/limits.ts";
import { useBridge, useChatUiState } from "../bridge/use-bridge.ts";
import { ComposerNotes } from "./composer-notes.tsx";
import { ComposerTools } from "./composer-tools.tsx";
import { PendingPicture } from "./picture/pending-picture.tsx";
import { pastedFiles } from "./picture/pasted-files.ts";
import { useDraft } from "./use-draft.ts";
import type { PictureIntake } from "./picture/use-picture.ts";
import { useSend } from "./use-send.ts";

/** Where questions are written. `onPage` scrolls the conversation by a page while the caret stays here. */
export function Composer({
  pictures,
  onPage,
}: {
  readonly pictures: PictureIntake;
  readonly onPage: (direction: -1 | 1) => void;
}) {
  const { t } = useTranslation("chat");
  const { ui } = useBridge();
  const text = useChatUiState((state) => state.text);
  const tooLong = text.length > PROMPT_MAX_CHARS;
  const field = useRef<HTMLTextAreaElement>(null);
  const send = useSend();
  const onKeyDown = useComposerKeys(send, onPage);
  useDraft();
  useFocusRequests(field);
  useAutoHeight(field, text);
  const onPaste = (event: ClipboardEvent) => {
    const files = pastedFiles(event.clipboardData);
    if (files.length === 0) return;
    event.preventDefault();
    void pictures.take(files);
  };
  return (
    <div className="mx-auto flex max-h-2/5 w-full max-w-page shrink-0 flex-col px-3 pb-3">
      <div className="flex min-h-0 flex-col rounded-card border border-control bg-ground transition-colors focus-within:border-accent dark:bg-raised">
        <PendingPicture onRemove={pictures.remove} />
        <ComposerNotes />
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
          className="field-sizing-content min-h-10 w-full resize-none overflow-y-auto bg-transparent px-3 pt-2.5 pb-1 outline-none placeholder:text-faint"
        />
        <ComposerTools pictures={pictures} onSend={() => void send()} />
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
