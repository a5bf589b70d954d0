import type { ChangeEvent, ServerEvent, Snapshot } from "#contract/events/event-wire.ts";
import type { ChatStore } from "#server/domain/chats/ports.ts";
import { namedRoom } from "#server/domain/rooms/ports.ts";
import type { NumberedChange, SyncPlace } from "#server/domain/sync/ports.ts";
import { cursorOf, type Sync, type SyncReader } from "#server/domain/sync/sync.ts";
import { toChatBody } from "../v1/chats.ts";

/** Read from the database, and said, at once. */
export const EVENTS_AT_ONCE = 200;
/** As many as a window shows at first. */
const SNAPSHOT_CHATS = 50;

export interface EventReaderDeps {
  readonly sync: Pick<Sync, "placeOf" | "end" | "after">;
  readonly chats: Pick<ChatStore, "list">;
}

/** What one client is told of its account, from a cursor on or with a snapshot first. */
export class EventReader implements Pick<SyncReader, "seq"> {
  readonly #deps: EventReaderDeps;
  readonly #userId: string;
  readonly #cursor: string | undefined;
  #place: SyncPlace | undefined;

  /** @param cursor where the client says it is */
  constructor(deps: EventReaderDeps, userId: string, cursor: string | undefined) {
    this.#deps = deps;
    this.#userId = userId;
    this.#cursor = cursor;
  }

  get seq(): number {
    return this.#place?.seq ?? 0;
  }

  /** What is next to be said; nothing when the client has all. Rejects as the store does, and is then to be asked again. */
  async next(): Promise<readonly ServerEvent[]> {
    const { sync } = this.#deps;
    if (this.#place === undefined && this.#cursor !== undefined) {
      this.#place = await sync.placeOf(this.#userId, this.#cursor);
    }
    if (this.#place === undefined) return [await this.#snapshot()];
    const changes = await sync.after(this.#userId, this.#place, EVENTS_AT_ONCE);
    this.#place = changes.at(-1) ?? this.#place;
    return changes.map(toEvent);
  }

  /** Leaves out what has not been said yet: the client is to read all anew. */
  async skip(): Promise<ServerEvent> {
    this.#place = await this.#deps.sync.end(this.#userId);
    return { type: "resync", cursor: cursorOf(this.#place) };
  }

  async #snapshot(): Promise<Snapshot> {
    // First the place: what changes between the two is told once more, and not missed.
    const place = await this.#deps.sync.end(this.#userId);
    const chats = await this.#deps.chats.list(this.#userId, SNAPSHOT_CHATS);
    this.#place = place;
    return {
      type: "snapshot",
      work_packages: [],
      account_id: this.#userId,
      cursor: cursorOf(place),
      chats: chats.map(toChatBody),
    };
  }
}

function toEvent(change: NumberedChange): ChangeEvent {
  const { kind, seq, atMs, chatId, turnId, roomId, roomSeq } = change;
  return {
    type: "event",
    kind,
    seq,
    cursor: cursorOf(change),
    at: new Date(atMs).toISOString(),
    ...(chatId !== undefined && { chat_id: chatId }),
    ...(turnId !== undefined && { turn_id: turnId }),
    ...(roomId !== undefined && namedRoom(roomId)),
    ...(roomSeq !== undefined && { room_seq: roomSeq }),
  };
}
