import { AtSign, MessageSquareText, UsersRound } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { roomKey, type ListedRoom } from "#contract/rooms/rooms.ts";
import { useBridge, useRooms, useView } from "../bridge/use-bridge.ts";
import { FinderRow } from "./finder-row.tsx";
import { ListGroup } from "./list-group.tsx";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { useIsAway } from "../projects/use-projects.ts";
import { Button } from "../ui/button.tsx";
import { useReadRooms } from "../rooms/use-read-rooms.ts";

/** So many stand there at first, beside invitations and what is unread: the chats below are what is looked for most. */
const FIRST_ROOMS = 5;
/** The server counts no further. */
const UNREAD_MAX = 100;

/** The rooms above the chats: the common one, invitations, then the account's own. */
export function RoomGroup() {
  const { t } = useTranslation("shell");
  const { t: texts } = useLazyTexts("rooms");
  const { views } = useBridge();
  const rooms = useRooms((state) => state.rooms);
  const current = useView((state) => (state.view === "room" ? state.room : undefined));
  const away = useIsAway();
  const [all, setAll] = useState(false);
  useReadRooms();
  // A server without rooms, or one that has not answered yet.
  if (rooms === undefined) return undefined;
  const isFirst = (room: ListedRoom, at: number) =>
    all || at < FIRST_ROOMS || room.invited || room.unread > 0 || roomKey(room) === current;
  const shown = rooms.filter(isFirst);
  return (
    <ListGroup
      title={t("rooms.title")}
      add={{ label: texts(away ? "newAway" : "new"), disabled: away, onClick: () => views.openRoomDialog() }}
      more={
        shown.length < rooms.length
          ? { label: texts("all", { count: rooms.length }), onClick: () => setAll(true) }
          : undefined
      }
    >
      {shown.map((room) => (
        <li key={roomKey(room)}>
          {room.invited ? (
            <Invitation room={room} away={away} />
          ) : (
            <RoomRow room={room} current={roomKey(room) === current} />
          )}
        </li>
      ))}
    </ListGroup>
  );
}

function RoomRow({ room, current }: { readonly room: ListedRoom; readonly current: boolean }) {
  const { t } = useTranslation("shell");
  const { t: texts } = useLazyTexts("rooms");
  const { views } = useBridge();
  const [focused, setFocused] = useState(false);
  const { unread } = room;
  const name = room.id === undefined ? t("rooms.everyone") : room.name;
  const Icon = room.id === undefined ? UsersRound : MessageSquareText;
  return (
    <div onFocus={() => setFocused(true)} onBlur={() => setFocused(false)}>
      <FinderRow
        place={{ view: "room", room: roomKey(room) }}
        current={current}
        title={name}
        // As among the chats: the arrow keys lead to the others. The first is the stop for Tab.
        tabIndex={focused || room.id === undefined ? 0 : -1}
        onOpen={() => views.showRoom(roomKey(room))}
      >
        <Icon aria-hidden="true" className="-me-1 size-4 shrink-0 text-soft" />
        <span dir="auto" className={`min-w-0 flex-1 truncate ${unread > 0 ? "font-semibold" : ""}`}>
          {name}
        </span>
        {room.mentioned === true ? (
          <>
            <span className="sr-only">{texts("mentioned")}</span>
            <AtSign aria-hidden="true" className="-me-2 size-4 shrink-0 text-accent" />
          </>
        ) : undefined}
        {unread > 0 ? (
          <>
            <span className="sr-only">{texts("unread", { count: unread })}</span>
            <span
              aria-hidden="true"
              className="min-w-5 shrink-0 rounded-full bg-accent px-1.5 text-center text-caption font-medium text-accent-ink"
            >
              {unread < UNREAD_MAX ? unread : texts("many")}
            </span>
          </>
        ) : undefined}
      </FinderRow>
    </div>
  );
}

function Invitation({ room, away }: { readonly room: ListedRoom; readonly away: boolean }) {
  const { t: texts } = useLazyTexts("rooms");
  const { commands, views } = useBridge();
  const key = roomKey(room);
  const accept = async () => {
    if (await views.attempt(commands.joinRoom({ room: key }))) views.showRoom(key);
  };
  return (
    <div className="my-1 flex flex-col gap-1.5 rounded-control bg-accent-wash px-2 py-2">
      <p dir="auto" title={room.name} className="truncate font-medium">
        {room.name}
      </p>
      <p className="truncate text-small text-soft">{texts("invitedBy", { login: room.invitedBy })}</p>
      <div className="flex flex-wrap gap-2">
        <Button size="small" kind="primary" disabled={away} onClick={() => void accept()}>
          {texts("accept")}
        </Button>
        <Button
          size="small"
          disabled={away}
          onClick={() => void views.attempt(commands.leaveRoom({ room: key }))}
        >
          {texts("decline")}
        </Button>
      </div>
    </div>
  );
}
