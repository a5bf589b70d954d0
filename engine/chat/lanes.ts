import type { Pending } from "./delivery.ts";

/** The messages of one chat, oldest first; only the first is ever on its way. */
export interface Lane {
  chatKey: string;
  readonly queue: Pending[];
  /** Stops the delivery of the first message. */
  delivery: AbortController | undefined;
  /** Ends the pause of a lane that waits. */
  pause: AbortController | undefined;
  waitsForConnection: boolean;
  wakeRequested: boolean;
  /** Another lane has taken over this chat; no message joins any more. */
  closed: boolean;
  /** Its account is gone; it ends without telling anybody. */
  retired: boolean;
}

/** All lanes that have messages, and what is found by looking through them. */
export class Lanes implements Iterable<Lane> {
  readonly #lanes = new Set<Lane>();

  [Symbol.iterator](): Iterator<Lane> {
    return this.#lanes.values();
  }

  /** Adds a lane that is neither on its way nor waiting yet. */
  add(chatKey: string, queue: Pending[]): Lane {
    const lane: Lane = {
      chatKey,
      queue,
      delivery: undefined,
      pause: undefined,
      waitsForConnection: false,
      wakeRequested: false,
      closed: false,
      retired: false,
    };
    this.#lanes.add(lane);
    return lane;
  }

  delete(lane: Lane): void {
    this.#lanes.delete(lane);
  }

  clear(): void {
    this.#lanes.clear();
  }

  /** The lane that new messages of a chat join. */
  ofChat(chatKey: string): Lane | undefined {
    for (const lane of this.#lanes) if (lane.chatKey === chatKey && !lane.closed) return lane;
    return undefined;
  }

  /** A message that has not left its lane, and that lane. */
  find(clientMessageId: string): { lane: Lane; pending: Pending } | undefined {
    for (const lane of this.#lanes) {
      const pending = lane.queue.find((p) => p.row.clientMessageId === clientMessageId);
      if (pending !== undefined) return { lane, pending };
    }
    return undefined;
  }

  /** How many messages are there but not on their way. */
  queuedCount(): number {
    let count = 0;
    for (const lane of this.#lanes) {
      count += lane.queue.length - (lane.delivery === undefined || lane.queue.length === 0 ? 0 : 1);
    }
    return count;
  }
}
