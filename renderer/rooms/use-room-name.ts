import { useTranslation } from "react-i18next";
import { EVERYONE, roomKey } from "#contract/rooms/rooms.ts";
import { useRooms, useSignedOut, useView } from "../bridge/use-bridge.ts";

/** What the room of the view `room` is called; undefined until it is known. */
export function useRoomName(): string | undefined {
  const { t } = useTranslation("shell");
  const room = useView((state) => state.room);
  const signedOut = useSignedOut();
  const name = useRooms(({ rooms }) => rooms?.find((listed) => roomKey(listed) === room)?.name);
  if (signedOut) return undefined;
  return room === EVERYONE ? t("rooms.everyone") : name;
}
