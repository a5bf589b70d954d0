import type { StoreApi } from "zustand/vanilla";
import { loginKeyOf } from "#contract/account-rules.ts";
import { mentionsIn } from "#contract/rooms/mentions.ts";
import { PipitError } from "#contract/pipit-error.ts";
import {
  roomKey,
  type ListedRoom,
  type PendingRoomMessage,
  type RoomMember,
  type RoomMessage,
  type RoomsState,
} from "#contract/rooms/rooms.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { SayToRoom } from "#engine/events/event-link.ts";
import type { Clock } from "#engine/ports.ts";
import { FollowedRoom, idOf } from "./followed-room.ts";
import { LiveRoom } from "./live-room.ts";
import type { OwnRooms } from "./own-rooms.ts";
import type { RoomOutbox } from "./room-outbox.ts";
import type { RoomNews } from "./room-session.ts";
import { ShownPictures } from "./shown-pictures.ts";
import { withChanged, withOlder } from "./room-view.ts";

/** Messages of a page of older ones. */
const PAGE = 50;
/** The server counts no more unread messages. */
const UNREAD_MAX = 100;
/** So many lines stay when a long conversation has been read to its end. */
const LINES_KEPT = 500;

interface RoomsEngineDeps {
  readonly rooms: OwnRooms;
  readonly outbox: RoomOutbox;
  /** Written by nobody else. */
  readonly store: StoreApi<RoomsState>;
  readonly say: SayToRoom;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A UUID. */
  readonly newId: () => string;
  /** Aborts when the account's rooms are nobody's business any more. */
  readonly signal: AbortSignal;
}

/** The rooms of one account as a window shows them: the list, and one that is open. Methods throw as `RoomsClient`. */
export class RoomsEngine {
  readonly live: LiveRoom;
  readonly #deps: RoomsEngineDeps;
  readonly #followed = new Map<string, FollowedRoom>();
  /** By room: what was not taken, or not sent, until the room is opened again. */
  readonly #left = new Map<string, readonly PendingRoomMessage[]>();
  readonly #pictures = new ShownPictures();
  #open: FollowedRoom | undefined;
  #lists = 0;
  /** A room whose making may have failed on the way. */
  #creating: { readonly name: string; readonly id: string } | undefined;
  #turning: Promise<void> | undefined;

  constructor(deps: RoomsEngineDeps) {
    this.#deps = deps;
    this.live = new LiveRoom(deps);
  }

  async list(): Promise<void> {
    const { rooms, store, signal } = this.#deps;
    const asked = (this.#lists += 1);
    const { login } = store.getState();
    const [listed, known] = await Promise.all([rooms.list(signal), login ?? rooms.login(signal)]);
    if (asked !== this.#lists || signal.aborted) return;
    const before = new Map(store.getState().rooms?.map((room) => [roomKey(room), room]));
    // A mention that was found stays until the room is read.
    const marked = listed.map((room) => {
      const { mentioned = false } = before.get(roomKey(room)) ?? {};
      return mentioned && room.unread > 0 ? { ...room, mentioned } : room;
    });
    store.setState({ rooms: inOrder(marked), login: known });
    const changed = marked.filter(
      (room) => room.unread > 0 && before.get(roomKey(room))?.lastSeq !== room.lastSeq,
    );
    void this.#lookForMentions(changed, known).catch(() => undefined);
  }

  async create(name: string): Promise<string> {
    const { rooms, newId, signal } = this.#deps;
    if (this.#creating?.name !== name) this.#creating = { name, id: newId() };
    const room = await rooms.create(name, this.#creating.id, signal);
    this.#creating = undefined;
    await this.#listAfter();
    return roomKey(room);
  }

  async join(room: string): Promise<void> {
    await this.#deps.rooms.join(room, this.#deps.signal);
    await this.#listAfter();
    if (this.#open?.room === room && this.#open.view.opened.link === "ended") this.open(room);
  }

  async leave(room: string): Promise<void> {
    await this.#deps.rooms.leave(room, this.#deps.signal);
    await this.#listAfter();
  }

  members(room: string): Promise<readonly RoomMember[]> {
    return this.#deps.rooms.members(room, this.#deps.signal);
  }
  invite(room: string, login: string): Promise<void> {
    return this.#deps.rooms.invite(room, login, this.#deps.signal);
  }
  remove(room: string, login: string): Promise<void> {
    return this.#deps.rooms.remove(room, login, this.#deps.signal);
  }

  /** One that is open stays as it is; one that has ended is tried anew. */
  open(room: string): void {
    if (this.#open?.room === room && this.#open.view.opened.link !== "ended") return;
    this.#letGo();
    this.#open = this.#followed.get(room) ?? this.#follow(room);
    this.#show();
  }

  close(): void {
    this.#letGo();
    this.#open = undefined;
    const { opened: _opened, ...state } = this.#deps.store.getState();
    this.#deps.store.setState({ ...state, lines: [] }, true);
  }

  /** Opens the room: who writes before it is there need not wait for it. */
  async send(room: string, text: string, image?: ScreenImage): Promise<void> {
    this.open(room);
    const id = await this.#opened(room).send(text, image);
    if (image !== undefined) this.#pictures.keep(id, image);
    this.live.hasSent();
  }
  /**
   * What a message shows that waits or stands in the open room.
   *
   * @param key of a line: the id that it was sent with, where it has one; then it is the same before and after the server has it
   */
  async picture(room: string, key: string): Promise<ScreenImage> {
    const { lines, opened } = this.#opened(room).view;
    const pending = opened.pending.find(({ id }) => id === key);
    const line = lines.find(({ id, clientId }) => id === key || clientId === key);
    return this.#pictures.of(key, async () => {
      const { rooms, outbox, signal } = this.#deps;
      const kept = pending && (await outbox.picture(pending));
      return kept ?? rooms.picture(idOf(room), line?.id ?? key, signal);
    });
  }
  retry(room: string, id: string): void {
    this.#opened(room).retry(id);
  }
  async discard(room: string, id: string): Promise<void> {
    await this.#opened(room).discard(id);
  }

  async edit(room: string, messageId: string, text: string): Promise<void> {
    this.#change(
      room,
      messageId,
      await this.#deps.rooms.edit(idOf(room), messageId, text, this.#deps.signal),
    );
  }
  async delete(room: string, messageId: string): Promise<void> {
    this.#change(room, messageId, await this.#deps.rooms.delete(idOf(room), messageId, this.#deps.signal));
  }

  async stopAnswer(room: string, messageId: string): Promise<void> {
    await this.#deps.rooms.stopAnswer(idOf(room), messageId, this.#deps.signal);
  }

  async older(room: string): Promise<void> {
    this.#turning ??= this.#turn(this.#opened(room)).finally(() => (this.#turning = undefined));
    await this.#turning;
  }

  /** All up to this number, in the open room; the server learns it by and by. */
  read(room: string, seq: number): void {
    const followed = this.#opened(room);
    const listed = this.#deps.store.getState().rooms?.find((one) => roomKey(one) === room);
    if (listed !== undefined && listed.readSeq >= seq && listed.unread === 0) return;
    this.#relist(room, (before) => ({
      ...before,
      readSeq: Math.max(before.readSeq, seq),
      unread: 0,
      mentioned: false,
    }));
    followed.markRead();
    this.#shorten(followed);
  }

  /** Sends what an earlier run or a tab that is gone has left, whichever room is open; what was not taken waits for its room. */
  async takeUp(): Promise<void> {
    const left = await this.#deps.outbox.takeUp();
    const known = new Set([...this.#left.values()].flat().map(({ id }) => id));
    for (const { view } of this.#followed.values()) for (const { id } of view.opened.pending) known.add(id);
    for (const { room, message } of left) {
      if (known.has(message.id) || this.#deps.signal.aborted) continue;
      const followed = this.#followed.get(room);
      if (followed !== undefined) followed.adopt([message]);
      else {
        this.#left.set(room, [...(this.#left.get(room) ?? []), message]);
        if (message.status.kind !== "failed") this.#follow(room);
      }
    }
  }

  /** The server can be reached again, the account is signed in again, or another tab may be gone. */
  resume(): void {
    void this.takeUp().catch(() => undefined);
    // Before others take their places.
    const all = [...this.#followed.values()];
    for (const followed of all) {
      const { link, failure } = followed.view.opened;
      if (link !== "ended" || failure?.code === "ROOM_NOT_FOUND") followed.hurry();
      else if (followed === this.#open) this.open(followed.room);
      else {
        this.#stop(followed);
        this.#follow(followed.room);
      }
    }
  }

  #follow(room: string): FollowedRoom {
    const { store, signal } = this.#deps;
    const readSeq = store.getState().rooms?.find((listed) => roomKey(listed) === room)?.readSeq;
    const pending = this.#left.get(room) ?? [];
    this.#left.delete(room);
    const followed: FollowedRoom = new FollowedRoom(
      this.#deps,
      { room, pending, readSeq },
      (news) => this.#changed(followed, news),
      signal,
    );
    this.#followed.set(room, followed);
    return followed;
  }

  #changed(followed: FollowedRoom, news: RoomNews | undefined): void {
    if (news?.kind === "line") this.#count(followed.room, news);
    if (followed === this.#open) this.#show();
    else if (!followed.isSending) this.#stop(followed);
    if (followed.view.opened.failure?.code === "ROOM_NOT_FOUND" && news === undefined)
      this.#listAfter().catch(() => undefined);
  }

  /** Marks the rooms in which a message that is not read yet names the account. */
  async #lookForMentions(listed: readonly ListedRoom[], login: string): Promise<void> {
    const { rooms, signal } = this.#deps;
    for (const room of listed) {
      const unread = await rooms.after(room.id, UNREAD_MAX, room.readSeq, signal);
      if (!unread.some((message) => names(message, login))) continue;
      this.#relist(roomKey(room), (now) => (now.unread > 0 ? { ...now, mentioned: true } : now));
    }
  }

  /** What comes while the room is open is unread until it is told to be read. */
  #count(room: string, { line }: RoomNews & { kind: "line" }): void {
    const { login } = this.#deps.store.getState();
    const isNew = line.kind === "message" && !line.deleted && line.author !== login;
    const isNamed = isNew && login !== undefined && names(line, login);
    this.#relist(room, (listed) =>
      line.seq <= listed.lastSeq
        ? listed
        : {
            ...listed,
            lastSeq: line.seq,
            unread: Math.min(UNREAD_MAX, listed.unread + (isNew ? 1 : 0)),
            ...(isNamed && { mentioned: true }),
          },
    );
  }

  /** What is on its way is sent to its end, unseen. */
  #letGo(): void {
    const followed = this.#open;
    if (followed === undefined) return;
    this.#open = undefined;
    if (!followed.isSending || followed.view.opened.link === "ended") this.#stop(followed);
  }

  #stop(followed: FollowedRoom): void {
    const { pending } = followed.view.opened;
    if (pending.length > 0) this.#left.set(followed.room, pending);
    this.#followed.delete(followed.room);
    followed.stop();
  }

  #show(): void {
    if (this.#open !== undefined) this.#deps.store.setState(this.#open.view);
  }

  #opened(room: string): FollowedRoom {
    if (this.#open?.room === room) return this.#open;
    throw new PipitError("ROOM_NOT_FOUND", "This room is not open. Open it first.", { field: "room" });
  }

  #change(room: string, messageId: string, now: Parameters<typeof withChanged>[2]): void {
    const followed = this.#followed.get(room);
    if (followed === undefined) return;
    followed.view = { ...followed.view, lines: withChanged(followed.view.lines, messageId, now) };
  }

  async #turn(followed: FollowedRoom): Promise<void> {
    const firstSeq = followed.view.lines[0]?.seq;
    if (!followed.view.opened.older || firstSeq === undefined) return;
    const page = await this.#deps.rooms.page(idOf(followed.room), PAGE, firstSeq, this.#deps.signal);
    followed.view = withOlder(followed.view, page.messages, page.older);
  }

  /** Who has read to the end does not need what is far above it. */
  #shorten(followed: FollowedRoom): void {
    if (followed.view.lines.length <= 2 * LINES_KEPT) return;
    const { opened, lines } = followed.view;
    followed.view = { opened: { ...opened, older: true }, lines: lines.slice(-LINES_KEPT) };
  }

  #relist(room: string, change: (listed: ListedRoom) => ListedRoom): void {
    const { rooms } = this.#deps.store.getState();
    if (rooms === undefined) return;
    const next = rooms.map((listed) => (roomKey(listed) === room ? change(listed) : listed));
    if (next.some((listed, at) => listed !== rooms[at])) this.#deps.store.setState({ rooms: next });
  }

  /** What was done is done, whether or not the list can be read after it. */
  async #listAfter(): Promise<void> {
    await this.list().catch(() => undefined);
  }
}

/** The common room first, then what waits for an answer, then those in which something happened last. */
function inOrder(rooms: readonly ListedRoom[]): readonly ListedRoom[] {
  return rooms.toSorted((one, other) => rankOf(one) - rankOf(other));
}

function names({ author, text }: RoomMessage, login: string): boolean {
  return author !== login && mentionsIn(text).some((name) => loginKeyOf(name) === loginKeyOf(login));
}

function rankOf({ id, invited }: ListedRoom): number {
  if (id === undefined) return 0;
  return invited ? 1 : 2;
}
