import { v7 as uuidv7 } from "uuid";
import type { Client } from "#engine/node/client.ts";
import { FollowedRoom } from "#engine/rooms/followed-room.ts";
import { createRoomOutbox, type RoomOutbox } from "#engine/rooms/room-outbox.ts";
import type { RoomNews } from "#engine/rooms/room-session.ts";
import { systemClock } from "#engine/system-clock.ts";

/** What a terminal is told of a room that is open, or in which something waits to be sent. */
type Hear = (room: FollowedRoom, news: RoomNews | undefined) => void;

/** The rooms of an account that a terminal follows: the one that is open, and those in which something waits to be sent. */
export class FollowedRooms {
  readonly #client: Client;
  readonly #outbox: RoomOutbox;
  readonly #hear: Hear;
  readonly #signal: AbortSignal;
  readonly #rooms = new Map<string, FollowedRoom>();
  #open: string | undefined;

  constructor(client: Client, accountId: string, hear: Hear, signal: AbortSignal) {
    this.#client = client;
    this.#outbox = createRoomOutbox(client.outbox, accountId);
    this.#hear = hear;
    this.#signal = signal;
  }

  /** Messages of all rooms that the server has not taken yet. */
  get unsent(): number {
    return this.#rooms.values().reduce((sum, { unsent }) => sum + unsent, 0);
  }

  /** @param room its id, or EVERYONE; what waits in the one that was open is sent nevertheless */
  open(room: string): FollowedRoom {
    this.close();
    this.#open = room;
    return this.#rooms.get(room) ?? this.#follow(room);
  }

  close(): void {
    const room = this.#open === undefined ? undefined : this.#rooms.get(this.#open);
    this.#open = undefined;
    if (room !== undefined) this.#letGo(room);
  }

  /**
   * Sends what an earlier run has left, and resolves to how many messages that are. What the server did not take waits for the
   * window, which shows it.
   */
  async takeUp(): Promise<number> {
    const left = await this.#outbox.takeUp();
    const unsent = left.filter(({ message }) => message.status.kind !== "failed");
    for (const { message } of left)
      if (message.status.kind === "failed") await this.#outbox.release(message.id);
    for (const { room, message } of unsent) (this.#rooms.get(room) ?? this.#follow(room)).adopt([message]);
    return unsent.length;
  }

  #follow(room: string): FollowedRoom {
    const { rooms } = this.#client;
    const deps = { rooms, outbox: this.#outbox, clock: systemClock, random: Math.random, newId: uuidv7 };
    const followed: FollowedRoom = new FollowedRoom(
      deps,
      { room, pending: [] },
      (news) => this.#changed(followed, news),
      this.#signal,
    );
    this.#rooms.set(room, followed);
    return followed;
  }

  #changed(room: FollowedRoom, news: RoomNews | undefined): void {
    // It is told, with its text; nothing at a terminal would send it again.
    if (news?.kind === "refused") void room.discard(news.id).catch(() => undefined);
    if (room.room === this.#open || news?.kind === "refused") this.#hear(room, news);
    if (room.room !== this.#open) this.#letGo(room);
  }

  #letGo(room: FollowedRoom): void {
    if (room.isSending && room.view.opened.link !== "ended") return;
    this.#rooms.delete(room.room);
    room.stop();
  }
}
