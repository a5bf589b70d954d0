import { ArrowUp } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { ROOM_MESSAGE_MAX_CHARS } from "#contract/limits.ts";
import { draftPlaceOf } from "#contract/rooms/room-drafts.ts";
import { useAuth, useBridge, useRooms, useView } from "../bridge/use-bridge.ts";
import { useRoomDraft } from "../chat/use-draft.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { TooLong } from "./too-long.tsx";
import { useRoomName } from "./use-room-name.ts";

/** Where messages to a room are written; what stands here stays with the room. */
export function RoomComposer({ room }: { readonly room: string }) {
  const { t: shell } = useTranslation("shell");
  const { t } = useLazyTexts("rooms");
  const { commands, views } = useBridge();
  const auth = useAuth();
  const accountId = auth.kind === "signed-in" ? auth.accountId : "";
  const place = draftPlaceOf({ accountId, room });
  useRoomDraft(room, accountId);
  const text = useView((state) => state.roomDrafts[place] ?? "");
  const opened = useRooms((state) => (state.opened?.room === room ? state.opened : undefined));
  const hasEnded = opened?.link === "ended";
  const field = useRef<HTMLTextAreaElement>(null);
  const [isSending, setSending] = useState(false);
  const name = useRoomName() ?? shell("rooms.title");
  useEffect(() => field.current?.focus(), []);
  useQuotes(field, (quote) =>
    views.writeToRoom(place, text === "" ? quote : `${text.trimEnd()}\n\n${quote}`),
  );
  const cannot = hasEnded || isSending || text.trim() === "" || text.length > ROOM_MESSAGE_MAX_CHARS;
  const send = async () => {
    if (cannot) return;
    setSending(true);
    const written = () => views.store.getState().roomDrafts[place] ?? "";
    // It is empty at once, and stays what was written meanwhile. Until the room is there, the draft is all that is kept.
    if (opened !== undefined) views.writeToRoom(place, "");
    const sent = await views.attempt(commands.sendToRoom({ room, text }));
    if (!sent && written() === "") views.writeToRoom(place, text);
    if (sent && opened === undefined && written().startsWith(text))
      views.writeToRoom(place, written().slice(text.length).trimStart());
    setSending(false);
  };
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
  return (
    <div className="flex max-h-2/5 shrink-0 flex-col gutter">
      <div className="mx-auto flex min-h-0 w-full max-w-page flex-col px-4 pb-3">
        <div className="composer no-drag flex min-h-0 flex-col rounded-card border border-control bg-ground transition-colors focus-within:border-accent dark:bg-raised">
          <TooLong text={text} />
          <div className="flex min-h-0 items-end gap-1 pe-1.5">
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
              className="field-sizing-content max-h-full min-h-10 w-full resize-none overflow-y-auto bg-transparent px-3 py-2 text-reading outline-none placeholder:text-faint"
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

/** Writes what is to be quoted, and goes on there. */
function useQuotes(
  field: { readonly current: HTMLTextAreaElement | null },
  write: (quote: string) => void,
): void {
  const quoted = useView((state) => state.quoted);
  const { views } = useBridge();
  useEffect(() => {
    if (quoted === undefined) return;
    views.quote(undefined);
    write(quoted);
    field.current?.focus();
    requestAnimationFrame(() => {
      const end = field.current?.value.length ?? 0;
      field.current?.setSelectionRange(end, end);
    });
  }, [quoted, views, write, field]);
}
