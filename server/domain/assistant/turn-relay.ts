import { randomUUID } from "node:crypto";
import { PipitError, type PipitErrorOptions } from "#contract/pipit-error.ts";
import type { Turn } from "../chats/ports.ts";
import type { MessageBus } from "../message-bus.ts";
import { isOfVoice } from "../speech/notices.ts";
import { abortable } from "../abortable.ts";
import { Channel } from "./channel.ts";
import type { LiveTurn } from "./live-turn.ts";
import type { Question, TurnEvent } from "./turn-types.ts";

/** How often a process that is followed says that it is there, and how long a follower waits for a word of it. */
const ALIVE_MS = 1_000;
const SILENCE_MS = 4_000;
/** When to ask again for a turn that another process is answering. */
const ELSEWHERE_RETRY_MS = 500;

/** From a follower to the process that answers. `id` is that of the following. */
interface Join {
  readonly type: "join";
  readonly id: string;
  readonly from: string;
  /** Of {@link messageKey}. */
  readonly message: string;
  readonly hardwareId: string;
  readonly sessionId: string;
}
interface Leave {
  readonly type: "leave";
  readonly id: string;
  /** Not because the listeners have gone: they want the answer stopped. */
  readonly interrupted: boolean;
}
/** What is said to a follower. Events and the failure are numbered, so that one that got lost is noticed. */
type Word =
  | { readonly type: "alive" }
  /** There is no such answer here. */
  | { readonly type: "gone" }
  | { readonly type: "event"; readonly seq: number; readonly event: TurnEvent }
  | { readonly type: "failed"; readonly seq: number; readonly error: WireError };
interface WireError {
  readonly code: string;
  readonly message: string;
  readonly options: Pick<PipitErrorOptions, "field" | "retryAfterMs">;
}
type Told = Word & { readonly id: string; readonly from: string };

/**
 * Answers that run in one process and are heard in another. Each process has an inbox on the bus. A process that
 * follows an answer asks its owner, is told all that was said so far and what comes, and leaves; for an answer that is
 * followed by no process nothing is sent. Speech is not sent: each process speaks with its own voice.
 */
export class TurnRelay {
  readonly #bus: MessageBus;
  readonly #ownerId: string;
  readonly #find: (message: string) => Promise<LiveTurn | undefined>;
  /** What we are told, by following. */
  readonly #heard = new Map<string, Channel<Told>>();
  /** How followers of ours leave, by following. */
  readonly #followers = new Map<string, (leave: Leave) => void>();

  /** @param find the answer to a message that runs in this process */
  constructor(bus: MessageBus, ownerId: string, find: (message: string) => Promise<LiveTurn | undefined>) {
    this.#bus = bus;
    this.#ownerId = ownerId;
    this.#find = find;
    bus.subscribe<Join | Leave | Told>(inboxOf(ownerId), (said) => {
      if (said.type === "join") void this.#tell(said);
      else if (said.type === "leave") this.#followers.get(said.id)?.(said);
      else this.#hear(said);
    });
  }

  /**
   * Gives `take` what the turn's owner says of its answer, up to the usage, which is the last. Resolves to false, and has
   * given nothing, when the owner is not answering the message any more.
   *
   * @throws PipitError what the answer failed with; TURN_RUNNING_ELSEWHERE when its owner cannot be heard
   */
  async follow(
    turn: Turn,
    { hardwareId, sessionId, clientMessageId = "" }: Question,
    live: LiveTurn,
    take: (event: TurnEvent) => void,
  ): Promise<boolean> {
    const id = randomUUID();
    const owner = inboxOf(turn.ownerId);
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(runningElsewhere()), SILENCE_MS);
    const heard = new Channel<Told>();
    this.#heard.set(id, heard);
    let isOver = false;
    try {
      const message = messageKey(live.userId, clientMessageId);
      const join: Join = { type: "join", id, from: this.#ownerId, message, hardwareId, sessionId };
      if ((await this.#bus.publish(owner, join)) === 0) throw runningElsewhere();
      let expected = 0;
      for await (const told of abortable(heard, AbortSignal.any([live.signal, silence.signal]))) {
        timer.refresh();
        if (told.type === "alive") continue;
        isOver = told.type !== "event" || told.event.type === "usage";
        if (told.type === "gone") break;
        if (told.seq !== expected) throw runningElsewhere();
        expected += 1;
        if (told.type === "failed") throw fromWire(told.error);
        take(told.event);
        if (isOver) return true;
      }
      return false;
    } finally {
      clearTimeout(timer);
      this.#heard.delete(id);
      const interrupted = live.isHeard && PipitError.from(live.signal.reason).code === "CANCELLED";
      if (!isOver) this.#leave(owner, id, interrupted);
    }
  }

  #hear(told: Told): void {
    const heard = this.#heard.get(told.id);
    if (heard !== undefined) heard.push(told);
    // We have left, and it has not been noticed. The other words are the last of a following.
    else if (told.type === "event" || told.type === "alive") this.#leave(inboxOf(told.from), told.id, false);
  }

  #leave(owner: string, id: string, interrupted: boolean): void {
    const leave: Leave = { type: "leave", id, interrupted };
    void this.#bus.publish(owner, leave);
  }

  /** Tells a follower all of an answer, as long as it can be reached. */
  async #tell({ id, from, message, hardwareId, sessionId }: Join): Promise<void> {
    const following = new AbortController();
    const say = async (word: Word): Promise<void> => {
      const told: Told = { ...word, id, from: this.#ownerId };
      if ((await this.#bus.publish(inboxOf(from), told)) === 0) following.abort();
    };
    const alive = setInterval(() => void say({ type: "alive" }), ALIVE_MS);
    let seq = 0;
    try {
      const finding = this.#find(message);
      // At once: who has just come may be leaving already.
      this.#followers.set(id, ({ interrupted }) => {
        void finding.then((live) => {
          if (interrupted) live?.stop(interruptedError());
          following.abort();
        });
      });
      const live = await finding;
      if (live === undefined) return await say({ type: "gone" });
      const listener = { speak: false, hardwareId, sessionId };
      for await (const event of live.listen(listener, following.signal)) {
        if (event.type === "notice" && isOfVoice(event.code)) continue;
        await say({ type: "event", seq, event });
        seq += 1;
        if (event.type === "usage") return;
      }
    } catch (reason) {
      if (following.signal.aborted) return;
      await say({ type: "failed", seq, error: toWire(PipitError.from(reason)) });
    } finally {
      clearInterval(alive);
      this.#followers.delete(id);
    }
  }
}

/** The key of a user's message: the same in all processes. */
export function messageKey(userId: string, clientMessageId: string): string {
  return `${userId}\0${clientMessageId}`;
}

export function interruptedError(): PipitError {
  return new PipitError("CANCELLED", "This answer was interrupted.");
}

export function runningElsewhere(): PipitError {
  return new PipitError(
    "TURN_RUNNING_ELSEWHERE",
    "Another server process is answering this message right now.",
    { retryAfterMs: ELSEWHERE_RETRY_MS },
  );
}

function toWire({ code, message, field, retryAfterMs }: PipitError): WireError {
  return {
    code,
    message,
    options: { ...(field !== undefined && { field }), ...(retryAfterMs !== undefined && { retryAfterMs }) },
  };
}

function fromWire({ code, message, options }: WireError): PipitError {
  return PipitError.fromWire(code, message, options);
}

function inboxOf(ownerId: string): string {
  return `turns:${ownerId}`;
}
