import { PROMPT_MAX_CHARS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Clock } from "#contract/clock.ts";
import { mergeText } from "./merge-text.ts";

/** A prompt that its client did not finish within this time is forgotten. */
const MAX_AGE_MS = 5 * 60_000;
/** Buffers of one user; the oldest goes first. */
const MAX_PER_USER = 16;
/** Buffers of all users. */
const MAX_COUNT = 1_000;
/** Text and screenshots of all buffers together, in UTF-16 code units. */
const MAX_CHARS = 64 * 1024 * 1024;

/** The client whose prompt it is. `sessionId` is what the client sent: "" when it sent none. */
export interface BufferKey {
  readonly userId: string;
  readonly hardwareId: string;
  readonly sessionId: string;
}

/** One piece of a prompt that is still being spoken (REQUEST_PHASE_COLLECT). */
export interface PromptPiece {
  readonly seq: number;
  readonly text: string;
  /** Base64 as it came; "" when there is none. */
  readonly screenshot: string;
}

interface Buffered {
  readonly userId: string;
  text: string;
  screenshot: string;
  lastSeq: number;
  changedAtMs: number;
  /** Message that took this prompt; the same message sent again gets it again. */
  takenBy: string | undefined;
}

/** Prompts that are still being spoken; bounded in count, size and age. */
export class PromptBuffers {
  /** Oldest change first: each change moves its buffer to the end. */
  readonly #buffers = new Map<string, Buffered>();
  readonly #clock: Clock;
  #chars = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Number of prompts held. */
  get size(): number {
    return this.#buffers.size;
  }

  /** Adds a piece; one that is not newer than the last is ignored. Throws PROMPT_TOO_LONG. */
  collect(key: BufferKey, piece: PromptPiece): void {
    this.#forgetOld();
    const id = idOf(key);
    const held = this.#buffers.get(id);
    const open = held?.takenBy === undefined ? held : undefined;
    if (open !== undefined && piece.seq <= open.lastSeq) return;
    const text = mergeText(open?.text ?? "", piece.text);
    if (text.length > PROMPT_MAX_CHARS) {
      throw new PipitError(
        "PROMPT_TOO_LONG",
        `The dictated message has grown to ${text.length} characters; the limit is ${PROMPT_MAX_CHARS}. Send it in parts.`,
        { field: "chunk_text" },
      );
    }
    this.#remove(id);
    const screenshot = piece.screenshot === "" ? (open?.screenshot ?? "") : piece.screenshot;
    this.#chars += text.length + screenshot.length;
    this.#buffers.set(id, {
      userId: key.userId,
      text,
      screenshot,
      lastSeq: piece.seq,
      changedAtMs: this.#clock.nowMs(),
      takenBy: undefined,
    });
    this.#shrink(key.userId, id);
  }

  /**
   * The prompt so far; it is used up. A message with an id may be sent again after a lost connection and then gets the
   * same prompt once more, until it is too old.
   */
  take(
    key: BufferKey,
    clientMessageId: string | undefined,
  ): Pick<Buffered, "text" | "screenshot"> | undefined {
    this.#forgetOld();
    const id = idOf(key);
    const held = this.#buffers.get(id);
    if (held === undefined) return undefined;
    if (held.takenBy !== undefined && held.takenBy !== clientMessageId) return undefined;
    if (clientMessageId === undefined) this.#remove(id);
    else held.takenBy = clientMessageId;
    return { text: held.text, screenshot: held.screenshot };
  }

  #remove(id: string): void {
    const held = this.#buffers.get(id);
    if (held === undefined) return;
    this.#buffers.delete(id);
    this.#chars -= held.text.length + held.screenshot.length;
  }

  #forgetOld(): void {
    const oldestMs = this.#clock.nowMs() - MAX_AGE_MS;
    for (const [id, held] of this.#buffers) {
      if (held.changedAtMs >= oldestMs) return;
      this.#remove(id);
    }
  }

  /** One person's buffers push out that person's oldest; only the totals push out another's. */
  #shrink(userId: string, keep: string): void {
    const own = [...this.#buffers].filter(([, held]) => held.userId === userId).map(([id]) => id);
    for (const id of own.slice(0, Math.max(0, own.length - MAX_PER_USER))) this.#remove(id);
    for (const id of this.#buffers.keys()) {
      if (this.#buffers.size <= MAX_COUNT && this.#chars <= MAX_CHARS) return;
      if (id !== keep) this.#remove(id);
    }
  }
}

function idOf(key: BufferKey): string {
  return JSON.stringify([key.userId, key.hardwareId, key.sessionId]);
}
