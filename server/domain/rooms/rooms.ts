import { randomUUID } from "node:crypto";
import { PipitError } from "#contract/pipit-error.ts";
import { ROOM_MESSAGE_MAX_CHARS } from "#contract/limits.ts";
import type { Logger } from "#contract/logger.ts";
import { invalidField } from "#server/domain/invalid-field.ts";
import type { MessageBus } from "#server/domain/message-bus.ts";
import { COMMON_ROOM, type RoomMessage, type RoomStore } from "./ports.ts";
import { noSuchMessage } from "./room-errors.ts";
import { KEPT_MESSAGES, READ_AT_ONCE, RoomFeed } from "./room-feed.ts";

/** A server says on it that a room has a new message. */
const CHANNEL = "rooms";
/** For what the bus did not bring: it is lost while Redis is away, and there is none without Redis. */
const POLL_MS = 1_000;

interface RoomsDeps {
  readonly rooms: RoomStore;
  readonly bus: MessageBus;
  readonly logger: Logger;
}

interface Said {
  readonly userId: string;
  /** Absent: the common room. */
  readonly roomId: string | undefined;
  readonly text: string;
  /** A UUID. */
  readonly clientMessageId: string | undefined;
}

interface Follow {
  readonly userId: string;
  /** Absent: the common room. */
  readonly roomId: string | undefined;
  /** The id of the last message that the reader has; absent: it gets what is said from now on. */
  readonly resumeAfter: string | undefined;
}

interface OpenFeed {
  readonly feed: RoomFeed;
  readonly poll: NodeJS.Timeout;
}

/** What people say to each other. */
export class Rooms {
  readonly #deps: RoomsDeps;
  /** Of the rooms that are read in this process. */
  readonly #feeds = new Map<string, OpenFeed>();
  #stopping = false;

  constructor(deps: RoomsDeps) {
    this.#deps = deps;
    deps.bus.subscribe<{ readonly roomId: string }>(CHANNEL, ({ roomId }) =>
      this.#feeds.get(roomId)?.feed.wake(),
    );
  }

  /** Stores the message, then has it delivered. Throws ROOM_NOT_FOUND, INVALID_REQUEST. */
  async send({ userId, roomId = COMMON_ROOM, text, clientMessageId }: Said): Promise<RoomMessage> {
    const message = await this.#deps.rooms.append({
      id: randomUUID(),
      roomId,
      authorId: userId,
      text: checkText(text),
      clientMessageId,
    });
    void this.#deps.bus.publish(CHANNEL, { roomId });
    return message;
  }

  /**
   * The messages of a room, each once and in order, without an end.
   *
   * Throws ROOM_NOT_FOUND; INVALID_REQUEST for `resumeAfter` when the room has no such message; READER_TOO_SLOW when the
   * reader has caught up once and then lets {@link KEPT_MESSAGES} wait; SERVER_STOPPING, or the reason of `signal`.
   */
  async *follow(
    { userId, roomId = COMMON_ROOM, resumeAfter }: Follow,
    signal: AbortSignal,
  ): AsyncGenerator<RoomMessage, never, void> {
    const { rooms } = this.#deps;
    const position = await rooms.position(userId, roomId, resumeAfter);
    if (resumeAfter !== undefined && position.seq === undefined) {
      throw noSuchMessage();
    }
    let last = position.seq ?? position.lastSeq;
    let hasCaughtUp = resumeAfter === undefined;
    let look: (() => void) | undefined;
    using reader = this.#join(roomId, position.lastSeq, () => look?.());
    signal.addEventListener("abort", () => look?.(), { once: true });
    for (;;) {
      this.#throwIfOver(signal);
      const kept = reader.feed.after(last);
      if (kept === undefined && hasCaughtUp) throw tooSlow();
      if (kept?.length === 0) {
        hasCaughtUp = true;
        await new Promise<void>((resolve) => {
          look = resolve;
        });
      }
      for (const message of kept ?? (await rooms.after(roomId, last, READ_AT_ONCE))) {
        this.#throwIfOver(signal);
        yield message;
        last = message.seq;
      }
    }
  }

  /** Ends all readers with SERVER_STOPPING: they go on at another server, or here when it is back. */
  stop(): void {
    this.#stopping = true;
    for (const { feed } of this.#feeds.values()) feed.rouse();
  }

  #throwIfOver(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (!this.#stopping) return;
    throw new PipitError("SERVER_STOPPING", "The server is stopping. Try again in a moment.", {
      retryAfterMs: 1_000,
    });
  }

  #join(roomId: string, from: number, onMore: () => void): Disposable & { readonly feed: RoomFeed } {
    const { feed, poll } = this.#feeds.get(roomId) ?? this.#begin(roomId, from);
    feed.join(onMore);
    return {
      feed,
      [Symbol.dispose]: () => {
        feed.leave(onMore);
        if (!feed.isIdle) return;
        clearInterval(poll);
        this.#feeds.delete(roomId);
      },
    };
  }

  #begin(roomId: string, from: number): OpenFeed {
    const { rooms, logger } = this.#deps;
    const feed = new RoomFeed({
      from,
      read: (seq, limit) => rooms.after(roomId, seq, limit),
      onUnread: (error) => logger.warn("rooms.unread", { roomId, error }),
    });
    const poll = setInterval(() => feed.wake(), POLL_MS).unref();
    const open = { feed, poll };
    this.#feeds.set(roomId, open);
    // What was stored since `from` was read.
    feed.wake();
    return open;
  }
}

function checkText(text: string): string {
  if (text.trim() === "") throw invalidField("text", "the message is empty. Write something.");
  if (text.length > ROOM_MESSAGE_MAX_CHARS) {
    throw invalidField(
      "text",
      `the message is ${text.length} characters long; the limit is ${ROOM_MESSAGE_MAX_CHARS}. Send it in parts.`,
    );
  }
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}

function tooSlow(): PipitError {
  return new PipitError(
    "READER_TOO_SLOW",
    `More than ${KEPT_MESSAGES} messages wait to be read. Connect again with resume_after, and none is lost.`,
    { retryAfterMs: 0 },
  );
}
