import { randomUUID } from "node:crypto";
import { PipitError } from "#contract/pipit-error.ts";
import { ROOM_MESSAGE_MAX_CHARS } from "#contract/limits.ts";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import type { Picture } from "#server/domain/chats/ports.ts";
import { invalidField } from "#server/domain/invalid-field.ts";
import type { AttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import { limitBucket } from "#server/domain/limits/rules.ts";
import type { MessageBus } from "#server/domain/message-bus.ts";
import {
  COMMON_ROOM,
  ROOM_CHANNEL,
  type HistoryPage,
  type HistoryPlace,
  type RoomEntry,
  type RoomHint,
  type RoomStore,
} from "./ports.ts";
import { countWhereReachable } from "./count-said.ts";
import type { RoomAssistant, TakenQuestion } from "./room-assistant.ts";
import { serverStopping } from "../server-stopping.ts";
import { emptyMessage, noSuchPlace } from "./room-errors.ts";
import { KEPT_MESSAGES, READ_AT_ONCE, RoomFeed } from "./room-feed.ts";
import { warnUnlessTold } from "../outage.ts";

/**
 * For what the bus did not bring: it is lost while Redis is away, and there is none without Redis. With the time that a read
 * takes, less than the second in which a membership is to end.
 */
const POLL_MS = 700;

/** What has happened in this process since it began, and how many read now. */
export interface RoomCounts {
  readonly readers: number;
  /** Entries that were given to readers. */
  readonly delivered: number;
  /** Readers that were ended because too much waited for them. */
  readonly tooSlow: number;
}

interface RoomsDeps {
  readonly rooms: RoomStore;
  readonly bus: MessageBus;
  readonly limits: Pick<AttemptLimits, "take">;
  /** Absent: nobody answers. */
  readonly assistant?: Pick<RoomAssistant, "take">;
  /** Of one account. */
  readonly messagesPerMinute: number;
  /** Told, of each entry that readers of this process wait for, how long after its storing it was there for them. */
  readonly onLag?: (lagMs: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Said {
  readonly userId: string;
  /** Absent: the common room. */
  readonly roomId: string | undefined;
  /** Nothing, beside a picture. */
  readonly text: string;
  readonly picture?: Picture | undefined;
  /** A UUID. */
  readonly clientMessageId: string | undefined;
  /** Id of the message that it answers. */
  readonly replyTo: string | undefined;
}

/** A message of the caller's, to be changed. */
interface Own {
  readonly userId: string;
  readonly roomId: string | undefined;
  readonly messageId: string;
}

interface Follow {
  readonly userId: string;
  /** Absent: the common room. */
  readonly roomId: string | undefined;
  /** The id of the last message that the reader has; absent: it gets what is said from now on. */
  readonly resumeAfter: string | undefined;
  /** Also what is no message, and messages that are deleted; otherwise those that stand, and nothing else. */
  readonly events: boolean;
}

/** Where the entries for one reader go. */
export interface RoomOutlet {
  /** Called when the reader is there: what is said from now on reaches it. It gets nothing before this resolves. */
  begin(): Promise<void>;
  /** It is to be given nothing for the moment. */
  isFull(): boolean;
  /** @param look called whenever it is not full any more */
  onFree(look: () => void): void;
  write(entry: RoomEntry): void;
}

/** What people say to each other. */
export class Rooms {
  readonly #deps: RoomsDeps;
  /** Of the rooms that are read in this process. */
  readonly #feeds = new Map<string, RoomFeed>();
  /** While there are some. */
  #poll: NodeJS.Timeout | undefined;
  #looking = false;
  #stopping = false;
  readonly #counts = { readers: 0, delivered: 0, tooSlow: 0 };

  constructor(deps: RoomsDeps) {
    this.#deps = deps;
    deps.bus.subscribe<RoomHint>(ROOM_CHANNEL, ({ roomId }) => this.#feeds.get(roomId)?.wake());
  }

  get counts(): RoomCounts {
    return this.#counts;
  }

  /**
   * Stores the message, then has it delivered, and answered if it asks the assistant something. Throws ROOM_NOT_FOUND,
   * INVALID_REQUEST, RATE_LIMITED; STREAM_LIMIT for a question while too many of the account are being answered.
   */
  async send({ userId, roomId = COMMON_ROOM, text: written, picture, ...more }: Said): Promise<RoomEntry> {
    const { rooms, assistant } = this.#deps;
    const text = picture !== undefined && written.trim() === "" ? "" : checkText(written);
    const said = { roomId, authorId: userId, text, picture, ...more };
    await this.#count(userId);
    const asked = takenOf(() => assistant?.take(userId, said.text));
    if ("refused" in asked) {
      // It may be that very question which is being answered.
      const known = await rooms.sentBefore(said);
      if (known === undefined) throw asked.refused;
      return known;
    }
    using question = asked.question;
    const id = randomUUID();
    const message = await rooms.append({ ...said, id, answeredBy: question?.answeredBy });
    this.tell(roomId);
    // Not one that was sent before.
    if (message.id === id) question?.begin(message);
    return message;
  }

  /** Resolves to the message as it is now; of a picture the text may go. Throws as {@link send}; NOT_ALLOWED for another's. */
  async edit({ text, ...own }: Own & { readonly text: string }): Promise<RoomEntry> {
    return this.#change(own, text.trim() === "" ? "" : checkText(text));
  }

  /** As {@link edit}; the text is wiped at once. */
  async remove(own: Own): Promise<RoomEntry> {
    return this.#change(own, undefined);
  }

  async #change(
    { userId, roomId = COMMON_ROOM, messageId }: Own,
    text: string | undefined,
  ): Promise<RoomEntry> {
    await this.#count(userId);
    const message = await this.#deps.rooms.change(userId, roomId, messageId, text);
    this.tell(roomId);
    return message;
  }

  /** Throws ROOM_NOT_FOUND; INVALID_REQUEST for a message that the room does not have. */
  history(
    userId: string,
    roomId: string | undefined,
    place: HistoryPlace,
    limit: number,
  ): Promise<HistoryPage> {
    return this.#deps.rooms.history(userId, roomId ?? COMMON_ROOM, place, limit);
  }

  /** Something stands in the room that was not there before: its readers, at all servers, are to have it. */
  tell(roomId: string): void {
    void this.#deps.bus.publish(ROOM_CHANNEL, { roomId } satisfies RoomHint);
  }

  /**
   * What stands in a room, each once and in order, without an end; nothing is yielded that `outlet` was given.
   *
   * Throws ROOM_NOT_FOUND, also once the reader is no member any more; INVALID_REQUEST for `resumeAfter` when the room has no such message; READER_TOO_SLOW when the
   * reader has caught up once and then lets {@link KEPT_MESSAGES} wait; SERVER_STOPPING, or the reason of `signal`.
   */
  async *follow(
    wanted: Follow,
    signal: AbortSignal,
    outlet?: RoomOutlet,
  ): AsyncGenerator<RoomEntry, never, void> {
    const { rooms } = this.#deps;
    using reader = await this.#enter(wanted, signal, outlet);
    const { feed, roomId } = reader;
    let last = reader.seq;
    let hasCaughtUp = wanted.resumeAfter === undefined;
    for (;;) {
      reader.throwIfOver();
      const kept = feed.after(last);
      if (kept === undefined) this.#throwIfTooSlow(hasCaughtUp);
      const hasAll = kept?.length === 0;
      hasCaughtUp ||= hasAll;
      if (hasAll || reader.isFull()) {
        await reader.more();
        continue;
      }
      for (const entry of kept ?? (await rooms.after(roomId, last, READ_AT_ONCE))) {
        if (reader.isFull()) break;
        reader.throwIfOver();
        // Throws unless they have come back since.
        if (isLeaving(entry, wanted.userId)) await rooms.position(wanted.userId, roomId, undefined);
        if (reader.takes(entry)) yield entry;
        last = entry.seq;
      }
    }
  }

  /** Resolves to a reader that what is said from now on reaches; its `more` resolves when it is to look again. */
  async #enter(wanted: Follow, signal: AbortSignal, outlet: RoomOutlet | undefined) {
    const { userId, roomId = COMMON_ROOM, resumeAfter } = wanted;
    const { lastSeq, seq } = await this.#place(userId, roomId, resumeAfter);
    this.#throwIfOver(signal);
    let look: (() => void) | undefined;
    using entering = new DisposableStack();
    const { feed } = entering.use(this.#join(roomId, lastSeq, () => look?.()));
    let aborted = false;
    const onAbort = (): void => {
      aborted = true;
      look?.();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    outlet?.onFree(() => look?.());
    await outlet?.begin();
    const entered = entering.move();
    return {
      feed,
      roomId,
      seq,
      isFull: () => outlet?.isFull() === true,
      /** Whether it is to be yielded: what an outlet is given goes through no generator, which would take a third of the time. */
      takes: (entry: RoomEntry): boolean => {
        if (!isWanted(entry, wanted)) return false;
        this.#counts.delivered++;
        outlet?.write(entry);
        return outlet === undefined;
      },
      // The signal itself, made of others, is dear to ask before each entry.
      throwIfOver: () => {
        if (aborted || this.#stopping) this.#throwIfOver(signal);
      },
      more: () =>
        new Promise<void>((resolve) => {
          look = resolve;
        }),
      [Symbol.dispose]: () => entered.dispose(),
    };
  }

  /** @returns `lastSeq`, of the newest entry, and `seq`, of the last one that the reader has */
  async #place(userId: string, roomId: string, resumeAfter: string | undefined) {
    const { lastSeq, seq } = await this.#deps.rooms.position(userId, roomId, resumeAfter);
    if (resumeAfter !== undefined && seq === undefined) throw noSuchPlace();
    return { lastSeq, seq: seq ?? lastSeq };
  }

  /** Ends all readers with SERVER_STOPPING: they go on at another server, or here when it is back. */
  stop(): void {
    this.#stopping = true;
    for (const feed of this.#feeds.values()) feed.rouse();
  }

  async #count(userId: string): Promise<void> {
    const bucket = limitBucket("room-message", userId);
    const rule = { ...bucket.rule, max: this.#deps.messagesPerMinute };
    await countWhereReachable(this.#deps.limits, { ...bucket, rule });
  }

  #throwIfOver(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (!this.#stopping) return;
    throw serverStopping();
  }

  #throwIfTooSlow(hasCaughtUp: boolean): void {
    if (!hasCaughtUp) return;
    this.#counts.tooSlow++;
    throw new PipitError(
      "READER_TOO_SLOW",
      `More than ${KEPT_MESSAGES} messages wait to be read. Connect again with resume_after, and none is lost.`,
      { retryAfterMs: 0 },
    );
  }

  #join(roomId: string, from: number, onMore: () => void): Disposable & { readonly feed: RoomFeed } {
    const feed = this.#feeds.get(roomId) ?? this.#begin(roomId, from);
    feed.join(onMore);
    this.#counts.readers++;
    return {
      feed,
      [Symbol.dispose]: () => {
        feed.leave(onMore);
        this.#counts.readers--;
        if (!feed.isIdle) return;
        this.#feeds.delete(roomId);
        if (this.#feeds.size > 0) return;
        clearInterval(this.#poll);
        this.#poll = undefined;
      },
    };
  }

  /** Wakes the feeds whose rooms have more than they have: one question for all rooms, however many are read here. */
  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      for (const [roomId, seq] of await this.#deps.rooms.lastSeqs([...this.#feeds.keys()])) {
        const feed = this.#feeds.get(roomId);
        if (feed !== undefined && feed.seq < seq) feed.wake();
      }
    } catch (error) {
      warnUnlessTold(this.#deps.logger, "rooms.unread", error);
    } finally {
      this.#looking = false;
    }
  }

  #begin(roomId: string, from: number): RoomFeed {
    const { rooms, logger, clock, onLag = () => {} } = this.#deps;
    const feed = new RoomFeed({
      from,
      async read(seq, limit) {
        const page = await rooms.after(roomId, seq, limit);
        const nowMs = clock.nowMs();
        // That of a message that was changed later says nothing. Clocks of server and database may differ.
        for (const entry of page) if (entry.kind !== "changed") onLag(Math.max(0, nowMs - entry.sentAtMs));
        return page;
      },
      onUnread: (error) => warnUnlessTold(logger, "rooms.unread", error, { roomId }),
    });
    this.#poll ??= setInterval(() => void this.#look(), POLL_MS).unref();
    this.#feeds.set(roomId, feed);
    // What was stored since `from` was read.
    feed.wake();
    return feed;
  }
}

function takenOf(
  take: () => TakenQuestion | undefined,
): { readonly question: TakenQuestion | undefined } | { readonly refused: unknown } {
  try {
    return { question: take() };
  } catch (refused) {
    return { refused };
  }
}

function isLeaving({ kind, authorId }: RoomEntry, userId: string): boolean {
  return kind === "left" && authorId === userId;
}

/** Messages that stand are what all clients understand; the rest is for those who ask for it. */
function isWanted({ kind, deletedAtMs }: RoomEntry, { events }: Follow): boolean {
  return events || (kind === "message" && deletedAtMs === undefined);
}

function checkText(text: string): string {
  if (text.trim() === "") throw emptyMessage();
  if (text.length > ROOM_MESSAGE_MAX_CHARS) {
    throw invalidField(
      "text",
      `the message is ${text.length} characters long; the limit is ${ROOM_MESSAGE_MAX_CHARS}. Send it in parts.`,
    );
  }
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}
