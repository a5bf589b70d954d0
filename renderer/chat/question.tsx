import { Pencil } from "lucide-react";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { UserMessage } from "#contract/chat-state.ts";
import type { SentImage } from "#contract/screen-image.ts";
import { useBridge, useChatUiState } from "../bridge/use-bridge.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { BranchSwitch } from "./branch-switch.tsx";
import { Caret } from "./caret.tsx";
import { CopyButton, DeleteButton, MessageActions } from "./message-actions.tsx";
import { fullTime } from "./message-time.ts";
import { QuestionEditor } from "./question-editor.tsx";
import { QuestionStatus } from "./question-status.tsx";
import { SentFiles } from "./files/sent-files.tsx";
import { SentPicture } from "./picture/sent-picture.tsx";

export interface QuestionProps {
  readonly message: UserMessage;
  /** Something of the answer stands below. */
  readonly hasAnswer: boolean;
}

/** What the person asked: a quiet bubble at the end side, with what became of it below. */
export function Question({ message, hasAnswer }: QuestionProps) {
  const { t, i18n } = useTranslation("chat");
  const editing = useChatUiState((state) => state.editingId === message.id);
  const { kind } = message.status;
  if (editing) return <QuestionEditor message={message} />;
  return (
    <div className="flex flex-col items-end gap-1 pt-3">
      {message.image !== undefined && <QuestionPicture messageId={message.id} image={message.image} />}
      {message.files !== undefined && <SentFiles messageId={message.id} files={message.files} />}
      <div className="flex w-full items-end justify-end gap-1">
        <QuestionActions message={message} />
        <div
          dir="auto"
          title={fullTime(message.createdAtMs, i18n.language)}
          className="bubble max-w-3/4 rounded-card bg-sunken px-3 py-2 text-reading wrap-anywhere whitespace-pre-wrap dark:bg-raised"
        >
          {message.text}
        </div>
      </div>
      {message.branch !== undefined && <BranchSwitch messageId={message.id} branch={message.branch} />}
      {/* An answer that was stopped or broke off says so itself. */}
      {!(hasAnswer && (kind === "cancelled" || kind === "failed")) && <QuestionStatus message={message} />}
      {kind === "sending" && !hasAnswer && (
        <div className="self-start pt-3">
          <Caret label={t("thinking")} />
        </div>
      )}
    </div>
  );
}

function QuestionPicture({ messageId, image }: { readonly messageId: string; readonly image: SentImage }) {
  const { commands } = useBridge();
  const read = useCallback(() => commands.messageImage({ messageId }), [commands, messageId]);
  return <SentPicture key={messageId} image={image} read={read} />;
}

function QuestionActions({ message }: { readonly message: UserMessage }) {
  const { t } = useTranslation("chat");
  const { ui } = useBridge();
  return (
    <MessageActions className="shrink-0 pb-1">
      <CopyButton text={() => message.text} />
      <IconButton size="small" label={t("edit")} onClick={() => ui.edit(message.id)}>
        <Pencil className="size-4" />
      </IconButton>
      <DeleteButton messageId={message.id} />
    </MessageActions>
  );
}
