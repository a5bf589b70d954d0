import { EVERYONE, roomKey, type RoomsState } from "#contract/rooms/rooms.ts";
import type { News } from "#engine/events/news.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import type { AnswerNoticesOptions, Notice } from "./answer-notices.ts";

interface RoomNoticesOptions extends Pick<AnswerNoticesOptions, "isWanted" | "texts" | "show"> {
  readonly rooms: ReadonlyStore<RoomsState>;
  /** Reads the list anew. */
  readonly list: () => Promise<void>;
  /** The person sees this room. */
  readonly isShown: (room: string) => boolean;
  /** The person wants to see it. */
  readonly onOpen: (room: string) => void;
}

/** Tells what comes in rooms that the person does not see. */
export type RoomNotices = ReturnType<typeof createRoomNotices>;

/**
 * One notification for each room until it is read, at whichever device, and one more when a message there names the account. It
 * has the room's name and nothing of what was said, because a locked screen may show it.
 */
export function createRoomNotices(options: RoomNoticesOptions) {
  const { rooms, list, isShown, isWanted, texts, show, onOpen } = options;
  /** By room; kept: one that is collected no longer hears the click. */
  const shown = new Map<string, { readonly notice: Notice; readonly isMention: boolean }>();
  /** Rooms of which something was heard and not told yet, and whether it was a mention. */
  const heard = new Map<string, boolean>();
  let reading = false;

  const close = (room: string): void => {
    shown.get(room)?.notice.close();
    shown.delete(room);
  };
  const tell = (room: string, isMention: boolean): void => {
    const listed = rooms.getState().rooms?.find((one) => roomKey(one) === room);
    const before = shown.get(room);
    // What is not unread is the person's own, or was read meanwhile.
    if (listed === undefined || listed.unread === 0 || isShown(room) || !isWanted()) return;
    if (before !== undefined && (before.isMention || !isMention)) return;
    close(room);
    const { roomMention, roomMessage, everyone } = texts();
    const notice = show({
      title: isMention ? roomMention : roomMessage,
      body: room === EVERYONE ? everyone : listed.name,
    });
    shown.set(room, { notice, isMention });
    notice.onClick(() => onOpen(room));
  };
  const readAll = async (): Promise<void> => {
    reading = true;
    while (heard.size > 0) {
      const told = [...heard];
      heard.clear();
      // Without the list nothing is known of them; the next news reads it again.
      await list().catch(() => undefined);
      for (const [room, isMention] of told) tell(room, isMention);
    }
    reading = false;
  };
  const unsubscribe = rooms.subscribe(({ rooms: listed }) => {
    for (const room of shown.keys())
      if (!(listed ?? []).some((one) => roomKey(one) === room && one.unread > 0)) close(room);
  });
  return {
    heard({ kind, room = EVERYONE }: News): void {
      if (kind !== "room.message" && kind !== "room.mention" && kind !== "room.read") return;
      heard.set(room, kind === "room.mention" || heard.get(room) === true);
      if (!reading) void readAll();
    },
    [Symbol.dispose](): void {
      unsubscribe();
      for (const room of shown.keys()) close(room);
    },
  };
}
