import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { EVERYONE, roomKey } from "#contract/rooms/rooms.ts";
import { draftPlaceOf } from "#contract/rooms/room-drafts.ts";
import { BridgeContext, useAuth, useBridge, useRooms, useView } from "../bridge/use-bridge.ts";
import { DropVeil, useDrop } from "../chat/picture/drop-veil.tsx";
import { usePicture } from "../chat/picture/use-picture.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { Note } from "../ui/note.tsx";
import { RoomAnnouncer } from "./room-announcer.tsx";
import { RoomComposer } from "./room-composer.tsx";
import { RoomLines } from "./room-lines.tsx";
import { TypingLine } from "./typing-line.tsx";

/** A room in the place of the conversation. */
export function RoomScreen() {
  const bridge = useBridge();
  const { commands, views, ui } = bridge;
  const room = useView((state) => state.room);
  const auth = useAuth();
  const accountId = auth.kind === "signed-in" ? auth.accountId : undefined;
  useEffect(() => {
    if (accountId === undefined) return;
    void views.attempt(commands.openRoom({ room }));
    // For its name, and to know what is unread in it.
    void commands.listRooms().catch(() => undefined);
  }, [commands, views, room, accountId]);
  useEffect(
    () => () => {
      void commands.closeRoom().catch(() => undefined);
      // Who leaves the room goes on with a question.
      ui.focusComposer();
    },
    [commands, ui],
  );
  const place = draftPlaceOf({ accountId: accountId ?? "", room });
  const roomBridge = useMemo(() => ({ ...bridge, ui: bridge.roomUi(place) }), [bridge, place]);
  return (
    <BridgeContext value={roomBridge}>
      <RoomArea key={place} room={room} place={place} />
    </BridgeContext>
  );
}

/** Its field holds a picture as that of a chat does, and by the same parts. */
function RoomArea({ room, place }: { readonly room: string; readonly place: string }) {
  const { t } = useLazyTexts("rooms");
  const isShown = useRooms(({ opened }) => opened?.room === room);
  const pictures = usePicture();
  const [over, drop] = useDrop(pictures.take);
  return (
    <div className="relative flex h-full flex-col" {...drop}>
      {isShown ? <RoomLines key={room} /> : <div className="min-h-0 flex-1" />}
      <TypingLine />
      <RoomNotes room={room} />
      <RoomComposer room={room} place={place} pictures={pictures} />
      <RoomAnnouncer />
      {over && <DropVeil text={t("dropPicture")} />}
    </div>
  );
}

/** What is to be known of the way to the room, above the field. */
function RoomNotes({ room }: { readonly room: string }) {
  const { t } = useTranslation("shell");
  const { t: texts } = useLazyTexts("rooms");
  const { commands, views } = useBridge();
  const opened = useRooms((state) => (state.opened?.room === room ? state.opened : undefined));
  const invitedBy = useRooms(
    ({ rooms }) => rooms?.find((listed) => roomKey(listed) === room && listed.invited)?.invitedBy,
  );
  return (
    <div className="gutter shrink-0">
      <div className="mx-auto w-full max-w-page px-4 pb-2 empty:hidden">
        {invitedBy !== undefined ? (
          <Note
            title={texts("invitation", { login: invitedBy })}
            actions={
              <>
                <Button kind="primary" onClick={() => void views.attempt(commands.joinRoom({ room }))}>
                  {texts("accept")}
                </Button>
                <Button
                  onClick={() => {
                    void views.attempt(commands.leaveRoom({ room }));
                    views.show("chat");
                  }}
                >
                  {texts("decline")}
                </Button>
              </>
            }
          />
        ) : opened?.link === "ended" && opened.failure?.code === "ROOM_NOT_FOUND" && room !== EVERYONE ? (
          <Note tone="warning" title={texts("ended")}>
            {texts("endedHint")}
          </Note>
        ) : opened?.link === "ended" && opened.failure !== undefined ? (
          <ErrorNote
            error={opened.failure}
            actions={
              <Button onClick={() => void views.attempt(commands.openRoom({ room }))}>{t("tryAgain")}</Button>
            }
          />
        ) : opened?.failure !== undefined ? (
          <div className="animate-appear-late">
            <Note tone="warning" title={texts("cut")} />
          </div>
        ) : undefined}
      </div>
    </div>
  );
}
