import { ArrowLeft, Users } from "lucide-react";
import { useTranslation } from "react-i18next";
import { EVERYONE } from "#contract/rooms/rooms.ts";
import { useBridge, useRooms, useView } from "../bridge/use-bridge.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { useRoomName } from "./use-room-name.ts";

/** Which room is shown, the way back to the chats, and the way to its members. */
export function RoomTitle() {
  const { t } = useTranslation("shell");
  const { views } = useBridge();
  const room = useView((state) => state.room);
  const name = useRoomName();
  const isIn = useRooms(({ opened }) => opened?.room === room && opened.link !== "ended");
  return (
    <div className="flex min-w-0 flex-1 items-center gap-1">
      <IconButton label={t("back")} className="no-drag -ms-2" onClick={() => views.show("chat")}>
        <ArrowLeft className="size-4 rtl:-scale-x-100" />
      </IconButton>
      <h1 dir="auto" title={name} className="no-drag min-w-0 truncate text-body font-semibold">
        {name ?? t("rooms.title")}
      </h1>
      {room === EVERYONE || !isIn ? undefined : (
        <IconButton
          label={t("rooms.members")}
          aria-haspopup="dialog"
          className="no-drag"
          onClick={() => views.openRoomDialog(room)}
        >
          <Users className="size-4" />
        </IconButton>
      )}
    </div>
  );
}
