import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { ROOM_MESSAGE_MAX_CHARS } from "#contract/limits.ts";
import type { RoomMessage } from "#contract/rooms/rooms.ts";
import { useAction } from "../bridge/use-action.ts";
import { useBridge, useView } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { TooLong } from "./too-long.tsx";

/** A message of one's own being changed in its place: Enter keeps it, Esc leaves it as it was. */
export function LineEditor({ line, onEnd }: { readonly line: RoomMessage; readonly onEnd: () => void }) {
  const { t: shell } = useTranslation("shell");
  const { t } = useLazyTexts("rooms");
  const { commands } = useBridge();
  const room = useView((state) => state.room);
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(line.text);
  const { busy, error, run } = useAction();
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(line.text.length, line.text.length);
  }, [line.text.length]);
  const cannot = text.length > ROOM_MESSAGE_MAX_CHARS || text.trim() === "";
  const save = async () => {
    if (cannot) return;
    if (text === line.text || (await run(() => commands.editInRoom({ room, messageId: line.id, text }))))
      onEnd();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onEnd();
    else if (event.key === "Enter" && !event.shiftKey) void save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="my-2 flex flex-col gap-2 rounded-card border border-control bg-raised p-2">
      <textarea
        ref={field}
        dir="auto"
        aria-label={t("editor")}
        aria-invalid={text.length > ROOM_MESSAGE_MAX_CHARS}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="field-sizing-content max-h-60 resize-none bg-transparent px-1 text-reading outline-none"
      />
      <TooLong text={text} />
      {error === undefined ? undefined : <ErrorNote error={error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onEnd}>{shell("cancel")}</Button>
        <Button kind="primary" busy={busy} disabled={cannot} onClick={() => void save()}>
          {t("saveEdit")}
        </Button>
      </div>
    </div>
  );
}
