import { Pencil, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { UserMessage } from "#contract/chat-state.ts";
import { useBridge } from "../bridge/use-bridge.tsx";
import { useAttempt } from "../shell/use-view.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { CopyButton, MessageActions } from "./message-actions.tsx";
import { QuestionEditor } from "./question-editor.tsx";
import { QuestionStatus } from "./question-status.tsx";
import { SentPicture } from "./sent-picture.tsx";
import { useChatUi, useChatUiState } from "./use-chat-ui.ts";

/** What the person asked: a quiet bubble at the end side, with what became of it below. */
export function Question({ message }: { readonly message: UserMessage }) {
  const editing = useChatUiState((state) => state.editingId === message.id);
  if (editing) return <QuestionEditor message={message} />;
  return (
    <div className="flex flex-col items-end gap-1 pt-3 pb-1">
      {message.image !== undefined && <SentPicture messageId={message.id} image={message.image} />}
      <div className="flex max-w-full flex-col items-end">
        <div
          dir="auto"
          className="max-w-4/5 min-w-0 self-end rounded-card bg-sunken px-3 py-2 wrap-anywhere whitespace-pre-wrap dark:bg-raised"
        >
          {message.text}
        </div>
        <QuestionActions message={message} />
      </div>
      <QuestionStatus message={message} />
    </div>
  );
}

function QuestionActions({ message }: { readonly message: UserMessage }) {
  const { t } = useTranslation("chat");
  const { commands } = useBridge();
  const attempt = useAttempt();
  const ui = useChatUi();
  const messageId = message.id;
  return (
    <MessageActions atMs={message.createdAtMs} className="-me-2 h-8 flex-row-reverse">
      <IconButton label={t("delete")} onClick={() => void attempt(commands.deleteMessage({ messageId }))}>
        <Trash2 className="size-4" />
      </IconButton>
      <IconButton label={t("edit")} onClick={() => ui.edit(messageId)}>
        <Pencil className="size-4" />
      </IconButton>
      <CopyButton text={() => message.text} />
    </MessageActions>
  );
}
