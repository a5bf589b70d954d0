import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { StreamCall } from "#engine/ports.ts";

/** mulberry32: small, seeded, good enough to shuffle faults. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What the server says to a prompt. */
export function answerTo(prompt: string): string {
  return `You said: ${prompt}.`;
}

/** A server that keeps docs/reference/streaming.md (one turn per client_message_id, replay) and fails at random where it may. */
export interface FaultyServer {
  readonly answer: (call: StreamCall, signal: AbortSignal) => AsyncIterable<ChatEvent>;
  /** Ids in the order in which their turns were completed, per chat. */
  readonly completed: Map<string, string[]>;
  /** From now on nothing fails. */
  heal(): void;
}

export function createFaultyServer(random: () => number): FaultyServer {
  const turns = new Map<string, { readonly chatId: string; readonly turnId: string; done: boolean }>();
  const completed = new Map<string, string[]>();
  let isHealthy = false;
  let chats = 0;

  function mayFail(): void {
    if (isHealthy || random() < 0.75) return;
    const codes = [
      "SERVER_UNREACHABLE",
      "SERVER_STOPPING",
      "RATE_LIMITED",
      "TURN_RUNNING_ELSEWHERE",
      "TOKEN_EXPIRED",
    ] as const;
    throw new PipitError(codes[Math.floor(random() * codes.length)] ?? "SERVER_UNREACHABLE", "A fault.");
  }

  /** A connection lost: as an error, or as an end of the stream before its time. */
  function breaks(probability: number): boolean {
    if (isHealthy || random() >= probability) return false;
    if (random() < 0.3) return true;
    throw new PipitError("SERVER_UNREACHABLE", "The connection broke.");
  }

  /** The content of an answer; true if it was cut off. */
  async function* speakAndBreak(call: StreamCall, signal: AbortSignal): AsyncGenerator<ChatEvent, boolean> {
    const text = answerTo(call.prompt);
    for (let at = 0; at < text.length; at += 5) {
      if (signal.aborted) throw new PipitError("CANCELLED", "Cancelled.");
      yield { type: "text", text: text.slice(at, at + 5) };
      if (breaks(0.1)) return true;
    }
    if (!call.speak) return false;
    yield { type: "audio", pcm: Uint8Array.of(1, 0) };
    return breaks(0.2);
  }

  async function* answer(call: StreamCall, signal: AbortSignal): AsyncGenerator<ChatEvent> {
    mayFail();
    const id = call.clientMessageId;
    const known = turns.get(id);
    const turn = known ?? {
      chatId: call.chatId ?? `chat-${(chats += 1)}`,
      turnId: `turn-of-${id}`,
      done: false,
    };
    turns.set(id, turn);
    yield { type: "turn", chatId: turn.chatId, turnId: turn.turnId, replayed: turn.done };
    mayFail();
    if (yield* speakAndBreak(call, signal)) return;
    if (!turn.done) {
      turn.done = true;
      completed.set(turn.chatId, [...(completed.get(turn.chatId) ?? []), id]);
    }
    yield { type: "end" };
  }

  return {
    answer,
    completed,
    heal() {
      isHealthy = true;
    },
  };
}
