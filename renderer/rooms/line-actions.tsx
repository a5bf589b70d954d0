import { Pencil, Quote, Trash2 } from "lucide-react";
import { useState } from "react";
import type { RoomMessage } from "#contract/rooms/rooms.ts";
import { useBridge, useRooms, useView } from "../bridge/use-bridge.ts";
import { CopyButton, MessageActions } from "../chat/message-actions.tsx";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { Button } from "../ui/button.tsx";
import { IconButton } from "../ui/icon-button.tsx";

interface LineActionsProps {
  readonly line: RoomMessage;
  /** Absent for what others have written. */
  readonly onEdit: (() => void) | undefined;
}

/** What can be done with a message; one's own can be changed, and taken back from everybody after a second press, as what the assistant answered to one. */
export function LineActions({ line, onEdit }: LineActionsProps) {
  const { t } = useLazyTexts("rooms");
  const { commands, views } = useBridge();
  const room = useView((state) => state.room);
  const mayDelete = useRooms(
    ({ login }) => onEdit !== undefined || (login !== undefined && line.askedBy === login),
  );
  const [asks, setAsks] = useState(false);
  const remove = () => void views.attempt(commands.deleteInRoom({ room, messageId: line.id }));
  return (
    <MessageActions className="shrink-0 pb-1" always={asks}>
      {asks ? (
        <Button autoFocus kind="danger" size="small" onClick={remove} onBlur={() => setAsks(false)}>
          {t("deleteAsk")}
        </Button>
      ) : (
        <>
          <IconButton
            size="small"
            label={t("quote")}
            onClick={() => views.quote(quoteOf(line, t("picture")))}
          >
            <Quote className="size-4" />
          </IconButton>
          {line.text === "" ? undefined : <CopyButton text={() => line.text} />}
          {onEdit === undefined ? undefined : (
            <IconButton size="small" label={t("edit")} onClick={onEdit}>
              <Pencil className="size-4" />
            </IconButton>
          )}
          {mayDelete ? (
            <IconButton size="small" label={t("delete")} onClick={() => setAsks(true)}>
              <Trash2 className="size-4" />
            </IconButton>
          ) : undefined}
        </>
      )}
    </MessageActions>
  );
}

/** As Markdown has a quote, with who said it. */
function quoteOf({ author, text }: RoomMessage, nothing: string): string {
  const quoted = (text || nothing).split("\n").map((written) => `> ${written}`.trimEnd());
  return [`> **${author}**`, ">", ...quoted, "", ""].join("\n");
}
