import { useState } from "react";
import { ROOM_MESSAGE_MAX_CHARS } from "#contract/limits.ts";
import type { OpenedRoom } from "#contract/rooms/rooms.ts";
import { ownBytes } from "#contract/screen-image.ts";
import { useBridge, useChatUiState, useView } from "../bridge/use-bridge.ts";

/**
 * Sends what the field of a room holds.
 *
 * @param opened absent until the room is there
 */
export function useRoomSend(room: string, place: string, opened: OpenedRoom | undefined) {
  const { commands, views, ui } = useBridge();
  const picture = useChatUiState((state) => state.picture);
  const preparing = useChatUiState((state) => state.preparing);
  const text = useView((state) => state.roomDrafts[place] ?? "");
  const [isSending, setSending] = useState(false);
  const isEmpty = text.trim() === "" && picture === undefined;
  const isBusy = isSending || preparing;
  const cannot = isBusy || isEmpty || opened?.link === "ended" || text.length > ROOM_MESSAGE_MAX_CHARS;
  const written = () => views.store.getState().roomDrafts[place] ?? "";
  /** Out of the field goes what was sent; what was written or put there meanwhile stays. */
  const clear = (): void => {
    if (written().startsWith(text)) views.writeToRoom(place, written().slice(text.length).trimStart());
    if (ui.store.getState().picture === picture) ui.detach();
  };
  /** What could not be sent comes before what was written meanwhile. */
  const bringBack = (): void => {
    views.writeToRoom(place, [text, written()].filter((part) => part !== "").join("\n\n"));
    if (picture !== undefined && ui.store.getState().picture === undefined) ui.attach(picture);
  };
  const send = async (): Promise<void> => {
    if (cannot) return;
    setSending(true);
    // At once where the room is there; until it is, the draft is all that is kept.
    if (opened !== undefined) clear();
    const image = picture && { image: { ...picture, bytes: ownBytes(picture.bytes) } };
    const sent = await views.attempt(commands.sendToRoom({ room, text, ...image }));
    if (sent && opened === undefined) clear();
    else if (!sent && opened !== undefined) bringBack();
    setSending(false);
  };
  return { cannot, send };
}
