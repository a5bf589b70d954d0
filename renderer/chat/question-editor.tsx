import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PROMPT_MAX_CHARS } from "#contract/limits.ts";
import type { UserMessage } from "#contract/chat-state.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import { InPlaceEditor } from "../ui/in-place-editor.tsx";

/** A question being changed in its place: what is kept is asked anew. */
export function QuestionEditor({ message }: { readonly message: UserMessage }) {
  const { t, i18n } = useTranslation("chat");
  const { commands, views, ui } = useBridge();
  const [busy, setBusy] = useState(false);
  const close = () => {
    ui.edit(undefined);
    ui.focusComposer();
  };
  const send = async (text: string) => {
    setBusy(true);
    const sent = await views.attempt(commands.editAndResend({ messageId: message.id, text }));
    setBusy(false);
    if (!sent) return;
    close();
    ui.goToEnd();
  };
  return (
    <InPlaceEditor
      text={message.text}
      label={t("editor")}
      action={t("sendEdit")}
      busy={busy}
      maxChars={PROMPT_MAX_CHARS}
      notes={(text) =>
        text.length > PROMPT_MAX_CHARS && (
          <p role="alert" className="px-1 text-small text-danger">
            {t("tooLong", numbers(text.length, i18n.language))}
          </p>
        )
      }
      onKeep={(text) => void send(text)}
      onEnd={close}
    />
  );
}

/** Length and limit as the language writes numbers. */
export function numbers(lengthChars: number, language: string): { length: string; limit: string } {
  return {
    length: lengthChars.toLocaleString(language),
    limit: PROMPT_MAX_CHARS.toLocaleString(language),
  };
}
