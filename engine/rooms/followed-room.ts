import { PipitError } from "#contract/pipit-error.ts";
import { EVERYONE, type PendingRoomMessage } from "#contract/rooms/rooms.ts";
import { sizeOf, type ScreenImage } from "#contract/screen-image.ts";
import { failureOf } from "#engine/chat/known-rows.ts";
import type { RoomOutbox } from "./room-outbox.ts";
import { RoomSession, type RoomNews, type RoomSessionDeps } from "./room-session.ts";
import { withNews, withoutPending, withPending, withStatus, type RoomView } from "./room-view.ts";

interface FollowedRoomDeps extends RoomSessionDeps {
  readonly outbox: RoomOutbox;
  /** A UUID. */
  readonly newId: () => string;
}

interface Beginning {
  /** Its id, or EVERYONE. */
  readonly room: string;
  /** What was left when it was open before, or by an earlier run; what was not refused is sent. */
  readonly pending: readonly PendingRoomMessage[];
  readonly readSeq?: number | undefined;
}

/** A room that is followed, and what is to be shown of it; `onChange` is told after each change, and what it was. */
export class FollowedRoom {
  readonly room: string;
  readonly #deps: FollowedRoomDeps;
  readonly #session: RoomSession;
  readonly #stop = new AbortController();
  /** Of what outlives the room. */
  readonly #signal: AbortSignal;
  readonly #onChange: (news: RoomNews | undefined) => void;
  #view: RoomView;
  /** Messages are kept in the order in which they were written. */
  #keeping: Promise<void> = Promise.resolve();

  constructor(
    deps: FollowedRoomDeps,
    { room, pending, readSeq }: Beginning,
    onChange: (news: RoomNews | undefined) => void,
    signal: AbortSignal,
  ) {
    this.room = room;
    this.#deps = deps;
    this.#signal = signal;
    this.#onChange = onChange;
    this.#view = {
      lines: [],
      opened: {
        room,
        link: "opening",
        older: false,
        pending: [],
        ...(readSeq === undefined ? {} : { readSeq }),
      },
    };
    const until = AbortSignal.any([signal, this.#stop.signal]);
    this.#session = new RoomSession(deps, idOf(room), (news) => this.#hear(news), until);
    this.#take(pending);
    this.#session.run().catch((reason: unknown) => {
      if (until.aborted) return;
      const { opened, lines } = this.#view;
      this.view = {
        lines,
        opened: { ...opened, link: "ended", failure: failureOf(PipitError.from(reason)) },
      };
    });
  }

  get view(): RoomView {
    return this.#view;
  }
  set view(next: RoomView) {
    this.#show(next, undefined);
  }

  /** Messages that are still to be sent. */
  get unsent(): number {
    return this.#view.opened.pending.filter(({ status }) => status.kind !== "failed").length;
  }
  get isSending(): boolean {
    return this.unsent > 0;
  }

  /** As `RoomSession.delivered`. */
  delivered(): Promise<void> {
    return this.#session.delivered();
  }
  /** As `RoomSession.flushRead`. */
  flushRead(signal: AbortSignal): Promise<void> {
    return this.#session.flushRead(signal);
  }

  /** Resolves to the message's id when it outlives this program. @throws what `Outbox.add` throws; it is not sent then */
  async send(text: string, image?: ScreenImage): Promise<string> {
    const { newId, clock, outbox } = this.#deps;
    const picture = image && { picture: sizeOf(image) };
    const status = { kind: "sending" } as const;
    const message = { id: newId(), text, ...picture, writtenAtMs: clock.nowMs(), status };
    // Shown before it is kept, and before the session can tell of it.
    this.view = withPending(this.#view, message);
    const kept = this.#keeping.then(() => outbox.keep(this.room, message, image?.bytes));
    this.#keeping = kept.catch(() => undefined);
    try {
      await kept;
    } catch (reason) {
      this.#drop(message.id);
      throw reason;
    }
    this.#session.send(message);
    return message.id;
  }

  /** Goes on with what another program (or tab), which has ended, has left. */
  adopt(messages: readonly PendingRoomMessage[]): void {
    this.#take(messages);
    this.#onChange(undefined);
  }

  /** Sends what was not taken once more, and what waits at once. */
  retry(id: string): void {
    const message = this.#view.opened.pending.find((pending) => pending.id === id);
    if (message === undefined || message.status.kind === "sending") return;
    this.view = withStatus(this.#view, id, { kind: "sending" });
    if (message.status.kind === "failed") this.#session.send(message);
    else this.#session.hurry();
  }

  /** Drops what waits or was not taken. Throws PipitError INVALID_REQUEST for what may be with the server by now, STORAGE_*. */
  async discard(id: string): Promise<void> {
    const message = this.#view.opened.pending.find((pending) => pending.id === id);
    if (message === undefined) return;
    if (message.status.kind !== "failed" && !this.#session.takeBack(id))
      throw new PipitError(
        "INVALID_REQUEST",
        "This message is being sent at this moment. Delete it once it is there.",
      );
    try {
      await this.#deps.outbox.remove(id);
    } catch (reason) {
      // A later run would send it: it is not gone.
      if (message.status.kind !== "failed") this.#session.send(message);
      throw reason;
    }
    this.#drop(id);
  }

  /** The person has seen all that is shown; the server learns it by and by. */
  markRead(): void {
    this.#session.markRead();
  }

  /** Tries again now what is being waited with. */
  hurry(): void {
    this.#session.hurry();
  }

  /** What was seen is read before it is left. */
  stop(): void {
    void this.#session.flushRead(this.#signal).catch(() => undefined);
    this.#stop.abort(new PipitError("CANCELLED", "The room is closed."));
  }

  #hear(news: RoomNews): void {
    const next = withNews(this.#view, news, this.#deps.clock.nowMs());
    if (next !== this.#view) this.#show(next, news);
  }

  #show(next: RoomView, news: RoomNews | undefined): void {
    this.#deps.outbox.follow(this.#view.opened.pending, next.opened.pending, this.#deps.clock.nowMs());
    this.#view = next;
    this.#onChange(news);
  }

  #drop(id: string): void {
    this.view = { ...this.#view, opened: withoutPending(this.#view.opened, id) };
  }

  #take(messages: readonly PendingRoomMessage[]): void {
    for (const message of messages) {
      const isRefused = message.status.kind === "failed";
      const taken: PendingRoomMessage = isRefused ? message : { ...message, status: { kind: "sending" } };
      this.#view = withPending(this.#view, taken);
      if (!isRefused) this.#session.send(message);
    }
  }
}

/** As the wire names a room: undefined for the common one. */
export function idOf(room: string): string | undefined {
  return room === EVERYONE ? undefined : room;
}
