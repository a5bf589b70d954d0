import { ArrowUp } from "lucide-react";
import { useEffect, useRef, type ClipboardEvent, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { ROOM_MESSAGE_MAX_CHARS } from "#contract/limits.ts";
import { useAuth, useBridge, useChatUiState, useRooms, useView } from "../bridge/use-bridge.ts";
import { ComposerNotes } from "../chat/composer-notes.tsx";
import { FileButton } from "../chat/files/file-button.tsx";
import { pastedFiles } from "../chat/picture/pasted-files.ts";
import { PendingPicture } from "../chat/picture/pending-picture.tsx";
import type { usePicture } from "../chat/picture/use-picture.ts";
import { useRoomDraft } from "../chat/use-draft.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { TooLong } from "./too-long.tsx";
import { useQuotes } from "./use-quotes.ts";
import { useRoomName } from "./use-room-name.ts";
import { useRoomSend } from "./use-room-send.ts";

interface RoomComposerProps {
  readonly room: string;
  readonly place: string;
  readonly pictures: ReturnType<typeof usePicture>;
}

/** Where messages to a room are written; what stands here stays with the room. */
export function RoomComposer({ room, place, pictures }: RoomComposerProps) {
  const { t: shell } = useTranslation("shell");
  const { t } = useLazyTexts("rooms");
  const { commands, views } = useBridge();
  const auth = useAuth();
  useRoomDraft(room, auth.kind === "signed-in" ? auth.accountId : "");
  const text = useView((state) => state.roomDrafts[place] ?? "");
  const opened = useRooms((state) => (state.opened?.room === room ? state.opened : undefined));
  const hasEnded = opened?.link === "ended";
  const field = useRef<HTMLTextAreaElement>(null);
  const name = useRoomName() ?? shell("rooms.title");
  const focusRequests = useChatUiState((state) => state.focusRequests);
  useEffect(() => field.current?.focus(), [focusRequests]);
  useQuotes(field, (quote) =>
    views.writeToRoom(place, text === "" ? quote : `${text.trimEnd()}\n\n${quote}`),
  );
  const { cannot, send } = useRoomSend(room, place, opened);
  const write = (next: string): void => {
    views.writeToRoom(place, next);
    // What is taken away is no writing. Nobody is to be told that it did not reach the others.
    if (opened !== undefined && !hasEnded && next.length > text.length)
      commands.typeInRoom({ room }).catch(() => undefined);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void send();
  };
  const onPaste = (event: ClipboardEvent) => {
    const files = pastedFiles(event.clipboardData);
    if (files.length === 0) return;
    event.preventDefault();
    void pictures.take(files);
  };
  return (
    <div className="flex max-h-2/5 shrink-0 flex-col gutter">
      <div className="mx-auto flex min-h-0 w-full max-w-page flex-col px-4 pb-3">
        <div className="composer no-drag flex min-h-0 flex-col rounded-card border border-control bg-ground transition-colors focus-within:border-accent dark:bg-raised">
          <PendingPicture onRemove={pictures.remove} />
          <ComposerNotes />
          <TooLong text={text} />
          <div className="flex min-h-0 items-end gap-1 px-1.5">
            <FileButton
              label={t("addPicture")}
              accept="image/*"
              className="mb-1.5"
              onFiles={(files) => void pictures.take(files)}
            />
            <textarea
              ref={field}
              dir="auto"
              rows={1}
              aria-label={t("composer")}
              aria-invalid={text.length > ROOM_MESSAGE_MAX_CHARS}
              placeholder={t("placeholder", { room: name })}
              value={text}
              onChange={(event) => write(event.target.value)}
              onKeyDown={onKeyDown}
              onPaste={onPaste}
              className="field-sizing-content max-h-full min-h-10 w-full resize-none overflow-y-auto bg-transparent px-1.5 py-2 text-reading outline-none placeholder:truncate placeholder:text-faint"
            />
            <IconButton
              label={t("send")}
              tone="accent"
              className="mb-1.5"
              disabled={cannot}
              onClick={() => void send()}
            >
              <ArrowUp className="size-4" />
            </IconButton>
          </div>
        </div>
      </div>
    </div>
  );
}
