import { setImmediate as nextTurn } from "node:timers/promises";
import type { Logger } from "#contract/logger.ts";
import type { MessageBus } from "#server/domain/message-bus.ts";
import { repeat } from "#server/domain/repeat.ts";
import { ROOM_CHANNEL, type RoomHint, type RoomStore } from "./ports.ts";
import { warnUnlessTold } from "../outage.ts";

/** A server says on it that an account has read a room. */
const READ_CHANNEL = "room-reads";
/** For what the bus did not bring: it is lost while Redis is away, and there is none without Redis. */
const POLL_MS = 1_000;
/** Rooms of an account that are watched: those in which something happened last. */
const WATCHED_ROOMS_MAX = 1_000;
/** Members are told one after another; so many before others have their turn. */
const TOLD_AT_ONCE = 500;
/** What is new within so long after a telling is one more telling, for each member that there is: it spares a large room the processor. */
const PACE_PER_MEMBER_MS = 0.2;

/** What members of a room are told; the same object for all of them. */
export type RoomNews =
  | {
      readonly kind: "room.message" | "room.read";
      readonly roomId: string;
      /** Of the room's newest entry, or of the newest that the account has read. */
      readonly seq: number;
    }
  /** Somebody writes. */
  | { readonly kind: "typing"; readonly roomId: string; readonly login: string };

/** One who has a socket open. */
export interface RoomListener {
  readonly userId: string;
  onNews(news: RoomNews): void;
}

const nobody: ReadonlySet<RoomListener> = new Set();

/** The rooms of one who is told. */
export interface WatchedRooms extends Disposable {
  /** @param onNews called from now on */
  listen(onNews: (news: RoomNews) => void): void;
  /** The account has come into a room, or left one: looks which it is in. Tried again later where it fails; never rejects. */
  refresh(): Promise<void>;
}

interface Watcher extends RoomListener {
  readonly rooms: Set<OpenRoom>;
  /** The rooms are to be read again. */
  stale: boolean;
  left: boolean;
}

interface OpenRoom {
  readonly id: string;
  readonly watchers: Set<Watcher>;
  /** Of the newest entry that was told. */
  seq: number;
  /** Set while nothing more is told, for what comes meanwhile. */
  pause: NodeJS.Timeout | undefined;
  /** Of the newest entry. */
  newest: number;
}

interface ReadHint {
  readonly userId: string;
  readonly roomId: string;
  readonly seq: number;
}

interface RoomWatchDeps {
  readonly rooms: Pick<RoomStore, "watched" | "lastSeqs">;
  readonly bus: MessageBus;
  readonly logger: Logger;
}

/**
 * Tells those who have a socket open that their rooms have something new, and how far it goes; who wants it reads it. The
 * rooms' rows decide, which are looked at whenever a server says so and each second. Nothing is written for anybody, so a
 * message costs the same in whatever large a room.
 */
export class RoomWatch implements AsyncDisposable {
  readonly #deps: RoomWatchDeps;
  readonly #rooms = new Map<string, OpenRoom>();
  readonly #watchers = new Map<string, Set<Watcher>>();
  /** Rooms that may have more. */
  readonly #hinted = new Set<string>();
  #looking: Promise<void> | undefined;
  readonly #poll: AsyncDisposable;

  constructor(deps: RoomWatchDeps) {
    this.#deps = deps;
    deps.bus.subscribe<RoomHint>(ROOM_CHANNEL, ({ roomId }) => {
      if (this.#rooms.has(roomId)) this.#look([roomId]);
    });
    deps.bus.subscribe<ReadHint>(READ_CHANNEL, ({ userId, roomId, seq }) => {
      const news: RoomNews = { kind: "room.read", roomId, seq };
      for (const watcher of this.#watchers.get(userId) ?? []) watcher.onNews(news);
    });
    this.#poll = repeat(() => this.#lookAtAll(), { firstAfterMs: POLL_MS, everyMs: POLL_MS });
  }

  /** An account has read a room up to there: its other devices are to show it. */
  read(userId: string, roomId: string, seq: number): void {
    void this.#deps.bus.publish(READ_CHANNEL, { userId, roomId, seq } satisfies ReadHint);
  }

  /** Sockets of this process whose accounts are in the room. */
  listeners(roomId: string): ReadonlySet<RoomListener> {
    return this.#rooms.get(roomId)?.watchers ?? nobody;
  }

  /** Resolves once whatever comes after it is told. Rejects as the store does. */
  async follow(userId: string): Promise<WatchedRooms> {
    const watcher: Watcher = { userId, onNews() {}, rooms: new Set(), stale: false, left: false };
    await this.#enter(watcher);
    const own = this.#watchers.get(userId) ?? new Set();
    this.#watchers.set(userId, own.add(watcher));
    return {
      listen(onNews) {
        watcher.onNews = onNews;
      },
      refresh: async () => {
        watcher.stale = true;
        await this.#refresh(watcher);
      },
      [Symbol.dispose]: () => {
        watcher.left = true;
        for (const room of watcher.rooms) this.#leave(watcher, room);
        own.delete(watcher);
        if (own.size === 0 && this.#watchers.get(userId) === own) this.#watchers.delete(userId);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#poll[Symbol.asyncDispose]();
    await this.#looking;
    for (const { pause } of this.#rooms.values()) clearTimeout(pause);
  }

  async #enter(watcher: Watcher): Promise<void> {
    const found = await this.#deps.rooms.watched(watcher.userId, WATCHED_ROOMS_MAX);
    if (watcher.left) return;
    const isIn = new Set(found.map(({ id }) => id));
    for (const room of watcher.rooms) if (!isIn.has(room.id)) this.#leave(watcher, room);
    const opened: string[] = [];
    for (const { id, lastSeq } of found) {
      let room = this.#rooms.get(id);
      if (room === undefined) {
        room = { id, watchers: new Set(), seq: lastSeq, newest: lastSeq, pause: undefined };
        this.#rooms.set(id, room);
        opened.push(id);
      }
      room.watchers.add(watcher);
      watcher.rooms.add(room);
    }
    // What was said since they were read, of which nobody here was told.
    if (opened.length > 0) this.#look(opened);
  }

  #leave(watcher: Watcher, room: OpenRoom): void {
    watcher.rooms.delete(room);
    room.watchers.delete(watcher);
    if (room.watchers.size > 0) return;
    clearTimeout(room.pause);
    this.#rooms.delete(room.id);
  }

  async #refresh(watcher: Watcher): Promise<void> {
    try {
      await this.#enter(watcher);
      watcher.stale = false;
    } catch (error) {
      warnUnlessTold(this.#deps.logger, "rooms.unwatched", error);
    }
  }

  async #lookAtAll(): Promise<void> {
    const stale = this.#watchers.values().flatMap((own) => own.values().filter((watcher) => watcher.stale));
    for (const watcher of stale) await this.#refresh(watcher);
    if (this.#rooms.size > 0) this.#look(this.#rooms.keys());
    await this.#looking;
  }

  #look(roomIds: Iterable<string>): void {
    for (const id of roomIds) this.#hinted.add(id);
    this.#looking ??= this.#lookAtHinted().finally(() => (this.#looking = undefined));
  }

  /** What is said while it looks is looked at once more, for all of it. */
  async #lookAtHinted(): Promise<void> {
    try {
      while (this.#hinted.size > 0) {
        const ids = [...this.#hinted];
        this.#hinted.clear();
        for (const [id, seq] of await this.#deps.rooms.lastSeqs(ids)) {
          const room = this.#rooms.get(id);
          if (room !== undefined && room.newest < seq) await this.#tell(room, seq);
        }
      }
    } catch (error) {
      // Looked at again within a second.
      warnUnlessTold(this.#deps.logger, "rooms.unread", error);
    }
  }

  /** The first of what is new is told at once. */
  async #tell(room: OpenRoom, seq: number): Promise<void> {
    room.newest = seq;
    if (room.pause !== undefined) return;
    room.seq = seq;
    room.pause = setTimeout(() => {
      room.pause = undefined;
      if (room.seq < room.newest) void this.#tell(room, room.newest);
    }, room.watchers.size * PACE_PER_MEMBER_MS);
    room.pause.unref();
    const news: RoomNews = { kind: "room.message", roomId: room.id, seq };
    let told = 0;
    for (const watcher of room.watchers) {
      watcher.onNews(news);
      told += 1;
      if (told % TOLD_AT_ONCE === 0) await nextTurn();
    }
  }
}
