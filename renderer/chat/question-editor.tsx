import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { PROMPT_MAX_CHARS } from "#contract/limits.ts";
import type { UserMessage } from "#contract/chat-state.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";

/** A question being changed in its place: Enter asks it anew, Esc leaves it as it was. */
export function QuestionEditor({ message }: { readonly message: UserMessage }) {
  const { t, i18n } = useTranslation(["chat", "shell"]);
  const { commands, views, ui } = useBridge();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(message.text);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(message.text.length, message.text.length);
  }, [message.text.length]);

  const tooLong = text.length > PROMPT_MAX_CHARS;
  const close = () => {
    ui.edit(undefined);
    ui.focusComposer();
  };
  const send = async () => {
    if (busy || tooLong || text.trim() === "") return;
    setBusy(true);
    const sent = await views.attempt(commands.editAndResend({ messageId: message.id, text }));
    setBusy(false);
    if (!sent) return;
    close();
    ui.goToEnd();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      void send();
    }
  };
  return (
    <div className="my-2 flex flex-col gap-2 rounded-card border border-control bg-raised p-2">
      <textarea
        ref={field}
        dir="auto"
        aria-label={t("editor")}
        aria-invalid={tooLong}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="field-sizing-content max-h-60 resize-none bg-transparent px-1 text-reading outline-none"
      />
      {tooLong && (
        <p role="alert" className="px-1 text-small text-danger">
          {t("tooLong", numbers(text.length, i18n.language))}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={close}>{t("shell:cancel")}</Button>
        <Button kind="primary" disabled={busy || tooLong || text.trim() === ""} onClick={() => void send()}>
          {t("sendEdit")}
        </Button>
      </div>
    </div>
  );
}

/** Length and limit as the language writes numbers. */
export function numbers(lengthChars: number, language: string): { length: string; limit: string } {
  return {
    length: lengthChars.toLocaleString(language),
    limit: PROMPT_MAX_CHARS.toLocaleString(language),
  };
}
