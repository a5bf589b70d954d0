import { PipitError } from "#contract/pipit-error.ts";
import type { PendingRoomMessage, RoomMessage, RoomPage } from "#contract/rooms/rooms.ts";
import { throwIfAborted, waitFor } from "#engine/abort.ts";
import type { Clock } from "#engine/ports.ts";
import { isConnectionError, retryDelayMs } from "#engine/retry/retry-policy.ts";
import type { RoomOutbox } from "./room-outbox.ts";
import type { RoomsClient } from "./rooms-client.ts";

/** Messages that are shown before the first new one. */
const FIRST_PAGE = 20;
/** A room in which nothing was said has no place to go on from: it is asked so often until it has. */
const EMPTY_LOOK_MS = 1_000;
/** People wait for each other: no pause between attempts is longer, unless the server asks for it. */
const PAUSE_MAX_MS = 10_000;
/** The server is told at most so often what has been read. */
const MARK_EVERY_MS = 2_000;

/** What becomes of a room while it is open. */
export type RoomNews =
  /** What was said before, once, before everything else. */
  | ({ readonly kind: "history" } & RoomPage)
  /** One more line, each once and in the server's order. */
  | { readonly kind: "line"; readonly line: RoomMessage }
  /** The server cannot be reached, or the stream was cut; it is tried again. */
  | { readonly kind: "cut"; readonly error: PipitError }
  /** Told after the messages that were missed. */
  | { readonly kind: "reconnected"; readonly messages: number }
  /** The server has this message now. */
  | { readonly kind: "stored"; readonly id: string; readonly seq: number }
  /** The message is kept and sent again, after `delayMs`; `failures` counts in a row. */
  | (Unsent & { readonly kind: "waiting"; readonly failures: number; readonly delayMs: number })
  /** The server does not take the message; the next one goes. */
  | (Unsent & { readonly kind: "refused" });

type Waiting = Pick<PendingRoomMessage, "id" | "text" | "picture">;

interface Unsent extends Waiting {
  readonly error: PipitError;
}

export interface RoomSessionDeps {
  readonly rooms: Pick<RoomsClient, "page" | "follow" | "send" | "markRead">;
  /** Where pictures are until they are sent. */
  readonly outbox: Pick<RoomOutbox, "picture">;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** An open room: `tell` hears what comes, whatever becomes of the connection, until `signal` aborts. */
export class RoomSession {
  readonly #deps: RoomSessionDeps;
  readonly #room: string | undefined;
  readonly #tell: (news: RoomNews) => void;
  readonly #signal: AbortSignal;
  readonly #queue: Waiting[] = [];
  #last: Pick<RoomMessage, "id" | "seq"> | undefined;
  #storedSeq = 0;
  /** Up to where the person has read, and up to where the server knows it. */
  #readSeq = 0;
  #markedSeq = 0;
  #isMarking = false;
  #opened = false;
  #isSending = false;
  #failure: PipitError | undefined;
  #changed = Promise.withResolvers<void>();
  /** Ends the pauses that are under way. */
  #hurry = new AbortController();
  /** The message that is being sent at this moment: nobody knows whether the server has it. */
  #underWay: string | undefined;

  /** @param room absent: the common room */
  constructor(
    deps: RoomSessionDeps,
    room: string | undefined,
    tell: (news: RoomNews) => void,
    signal: AbortSignal,
  ) {
    this.#deps = deps;
    this.#room = room;
    this.#tell = tell;
    this.#signal = signal;
  }

  /** Messages that the server has not taken yet. */
  get pending(): number {
    return this.#queue.length;
  }

  /**
   * Follows the room. Rejects when that has no more sense: CANCELLED by the signal, ROOM_NOT_FOUND also once the account is no member
   * any more, SIGNED_OUT.
   */
  async run(): Promise<never> {
    let failures = 0;
    for (;;) {
      try {
        const missed = await this.#begin(failures > 0);
        failures = 0;
        await this.#follow(missed);
      } catch (reason) {
        throwIfAborted(this.#signal);
        const error = PipitError.from(reason);
        if (!isPassing(error)) throw this.#fail(error);
        failures += 1;
        if (failures === 1) this.#tell({ kind: "cut", error });
        await this.#pause(this.#delayMs(failures, error));
      }
    }
  }

  /**
   * Sends after all that was given before; goes on trying until the server has answered.
   *
   * @param message its id a UUID; that of a message which was refused is sent again as the same one
   */
  send(message: Waiting): void {
    this.#queue.push(message);
    if (!this.#isSending) void this.#sendAll();
  }

  /** Takes back a message that waits; false when it may be with the server. */
  takeBack(id: string): boolean {
    const at = this.#queue.findIndex((message) => message.id === id);
    if (at < 0 || this.#underWay === id) return false;
    this.#queue.splice(at, 1);
    this.#notify();
    return true;
  }

  /** Tries again now what is being waited with. */
  hurry(): void {
    this.#hurry.abort();
    this.#hurry = new AbortController();
  }

  /** Resolves when all that was sent is stored, or refused, and has come back. Throws as {@link run}. */
  async delivered(): Promise<void> {
    while (this.#queue.length > 0 || (this.#last?.seq ?? 0) < this.#storedSeq) {
      if (this.#failure !== undefined) throw this.#failure;
      await waitFor(this.#changed.promise, this.#signal);
    }
  }

  /** The person has seen all that was told. The server learns it at once, and what follows every {@link MARK_EVERY_MS}. */
  markRead(): void {
    this.#readSeq = this.#last?.seq ?? 0;
    if (!this.#isMarking) void this.#markSoon();
  }

  /** Tells the server what it does not know of {@link markRead} yet, for a room that is left. Throws as `RoomsClient.markRead`. */
  async flushRead(signal: AbortSignal): Promise<void> {
    const seq = this.#readSeq;
    if (seq <= this.#markedSeq) return;
    await this.#deps.rooms.markRead(this.#room, seq, signal);
    this.#markedSeq = Math.max(this.#markedSeq, seq);
  }

  async #markSoon(): Promise<void> {
    this.#isMarking = true;
    try {
      for (let failures = 0; this.#readSeq > this.#markedSeq;) {
        try {
          await this.flushRead(this.#signal);
          failures = 0;
          await this.#deps.clock.sleep(MARK_EVERY_MS, this.#signal);
        } catch (reason) {
          const error = PipitError.from(reason);
          if (this.#signal.aborted || !isPassing(error)) return;
          failures += 1;
          await this.#pause(this.#delayMs(failures, error));
        }
      }
    } catch {
      // The room is closed.
    } finally {
      this.#isMarking = false;
    }
  }

  /** Finds the place to go on from; resolves to the newest message's number if the stream was cut before. */
  async #begin(wasCut: boolean): Promise<number | undefined> {
    const limit = this.#opened ? 1 : FIRST_PAGE;
    const page = await this.#deps.rooms.page(this.#room, limit, undefined, this.#signal);
    if (!this.#opened) {
      this.#opened = true;
      this.#move(page.messages.at(-1));
      this.#tell({ kind: "history", ...page });
    }
    return wasCut ? (page.messages.at(-1)?.seq ?? 0) : undefined;
  }

  /** Resolves once there is a message to go on after, to how many there are. */
  async #untilBegun(): Promise<number> {
    const { rooms, clock } = this.#deps;
    let count = 0;
    while (this.#last === undefined) {
      await clock.sleep(EMPTY_LOOK_MS, this.#signal);
      const page = await rooms.page(this.#room, FIRST_PAGE, undefined, this.#signal);
      for (const line of page.messages) if (this.#take(line)) count += 1;
    }
    return count;
  }

  /** @param newestSeq up to which it tells what was missed; absent: nothing was */
  async #follow(newestSeq: number | undefined): Promise<void> {
    let missedUpTo = newestSeq;
    let missed = 0;
    const tellReconnected = (): void => {
      if (missedUpTo === undefined || (this.#last?.seq ?? 0) < missedUpTo) return;
      missedUpTo = undefined;
      this.#tell({ kind: "reconnected", messages: missed });
    };
    tellReconnected();
    missed += await this.#untilBegun();
    tellReconnected();
    for await (const line of this.#deps.rooms.follow(this.#room, this.#last?.id ?? "", this.#signal)) {
      if (this.#take(line) && line.kind === "message") missed += 1;
      tellReconnected();
    }
    throw new PipitError("SERVER_UNREACHABLE", "The server has ended the stream.");
  }

  #take(line: RoomMessage): boolean {
    if (line.seq <= (this.#last?.seq ?? 0)) return false;
    this.#move(line);
    this.#tell({ kind: "line", line });
    return true;
  }

  #move(line: RoomMessage | undefined): void {
    if (line !== undefined) this.#last = line;
    this.#notify();
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    let failures = 0;
    for (let next = this.#queue[0]; next !== undefined && !this.#signal.aborted; next = this.#queue[0]) {
      const { text, id } = next;
      try {
        this.#underWay = id;
        const picture = next.picture && (await this.#deps.outbox.picture(next));
        const seq = await this.#deps.rooms.send(this.#room, text, id, this.#signal, picture);
        this.#storedSeq = Math.max(this.#storedSeq, seq);
        this.#queue.shift();
        failures = 0;
        this.#tell({ kind: "stored", id, seq });
      } catch (reason) {
        if (this.#signal.aborted) break;
        this.#underWay = undefined;
        const error = PipitError.from(reason);
        // A sign-in that has ended says nothing of the message, which waits for the next one.
        const isSignedOut = error.code === "SIGNED_OUT";
        if (isSignedOut) this.#fail(error);
        if (isSignedOut || isPassing(error)) {
          failures += 1;
          const delayMs = this.#delayMs(failures, error);
          this.#tell({ ...next, kind: "waiting", error, failures, delayMs });
          await this.#pause(delayMs).catch(() => undefined);
        } else {
          this.#queue.shift();
          this.#tell({ ...next, kind: "refused", error });
        }
      }
      this.#notify();
    }
    this.#isSending = false;
  }

  #delayMs(failures: number, { retryAfterMs }: PipitError): number {
    const delayMs = retryDelayMs(failures, retryAfterMs, this.#deps.random);
    return retryAfterMs === undefined ? Math.min(delayMs, PAUSE_MAX_MS) : delayMs;
  }

  async #pause(delayMs: number): Promise<void> {
    const hurry = this.#hurry.signal;
    const slept = this.#deps.clock.sleep(delayMs, AbortSignal.any([this.#signal, hurry]));
    await slept.catch((reason: unknown) => {
      if (!hurry.aborted || this.#signal.aborted) throw reason;
    });
  }

  #fail(error: PipitError): PipitError {
    this.#failure = error;
    this.#notify();
    return error;
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** The same call may succeed later, without anybody's doing. */
function isPassing(error: PipitError): boolean {
  return error.retryable || isConnectionError(error);
}
