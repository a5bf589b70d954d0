import type { PipitError } from "#contract/pipit-error.ts";
import { FOLD_EVERY, FOLDED_MAX_CHARS } from "./answer-log.ts";
import type { TurnEvent } from "./turn-types.ts";

/** Events a listener may leave waiting before it counts as full. */
const EVENTS_MAX = 64;
/** Once full, the model waits until this few are left: stopping and starting for each event would cost more than the event. */
const EVENTS_REFILL = 16;
/** Audio pieces it may leave waiting: 8 pieces of 4096 bytes are a third of a second. */
const AUDIO_MAX = 8;
/** Waiting pieces after which a slow listener loses audio: its connection is as good as dead. */
const AUDIO_DROP = 64;

/** Who listens, and to what. */
export interface ListenerOptions {
  readonly speak: boolean;
  readonly hardwareId: string;
  readonly sessionId: string;
}

/** One stream that hears an answer: what waits for it, and the way to wake it. */
export class Listener {
  readonly options: ListenerOptions;
  readonly #onTaken: () => void;
  #events: TurnEvent[];
  /** What belongs to the end of the last event. */
  #merged: string[] = [];
  #audio: TurnEvent[] = [];
  #failure: PipitError | undefined;
  #ended = false;
  #lagging = false;
  #muted = false;
  #wake: (() => void) | undefined;

  /** `past` is delivered first; `onTaken` is called when taking one has made room. */
  constructor(options: ListenerOptions, past: TurnEvent[], onTaken: () => void) {
    this.options = options;
    this.#events = past;
    this.#onTaken = onTaken;
  }

  push(event: TurnEvent): void {
    if (event.type === "audio") {
      if (!this.wantsAudio || this.#audio.length >= AUDIO_DROP) return;
      this.#audio.push(event);
    } else if (!this.#mergeIntoLast(event)) {
      this.#fold();
      this.#events.push(event);
    }
    this.wake();
  }

  /** After what still waits, `end`. */
  end(): void {
    this.#ended = true;
    this.wake();
  }

  /** After the text that still waits, the error. The rest of the speech is dropped: an interrupt means silence now. */
  fail(error: PipitError): void {
    this.#audio = [];
    this.#failure = error;
    this.wake();
  }

  wake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  get isFull(): boolean {
    return !this.#lagging && this.#events.length >= EVENTS_MAX;
  }

  /** After having been full. */
  get wantsRefill(): boolean {
    return this.#lagging || this.#events.length <= EVENTS_REFILL;
  }

  get wantsAudio(): boolean {
    return this.options.speak && !this.#muted;
  }

  get hasAudioRoom(): boolean {
    return this.wantsAudio && this.#audio.length < AUDIO_MAX;
  }

  /** From now on text is merged for this listener until it has caught up, instead of holding the model back. */
  lag(): void {
    this.#lagging = true;
  }

  /** From now on it gets no speech: it takes none. */
  mute(): void {
    this.#muted = true;
    this.#audio = [];
  }

  /** The next event, text before speech, or undefined when nothing waits. Throws the failure when it is its turn. */
  take(): TurnEvent | undefined {
    if (this.#events.length === 1) this.#fold();
    const event = this.#events.shift();
    if (event !== undefined) {
      if (this.#events.length === 0) this.#lagging = false;
      if (this.#events.length === EVENTS_REFILL) this.#onTaken();
      return event;
    }
    const sound = this.#audio.shift();
    if (sound !== undefined) {
      this.#onTaken();
      return sound;
    }
    if (this.#failure !== undefined) throw this.#failure;
    return this.#ended ? { type: "end" } : undefined;
  }

  /** Resolves when `take` is worth calling again. One reader only. */
  ready(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #mergeIntoLast(event: TurnEvent): boolean {
    if (this.#events.length < EVENTS_MAX) return false;
    if ((event.type !== "text" && event.type !== "reasoning") || isTaking(event)) return false;
    const last = this.#events.at(-1);
    if (last?.type !== event.type || last.text.length >= FOLDED_MAX_CHARS) return false;
    this.#merged.push(event.text);
    if (this.#merged.length >= FOLD_EVERY) this.#fold();
    return true;
  }

  /** As the log does, so that what waits takes no more than its text. */
  #fold(): void {
    const last = this.#events.at(-1);
    if (this.#merged.length === 0 || (last?.type !== "text" && last?.type !== "reasoning")) return;
    this.#events[this.#events.length - 1] = { ...last, text: [last.text, ...this.#merged].join("") };
    this.#merged = [];
  }
}

function isTaking(event: TurnEvent): boolean {
  return event.type === "reasoning" && event.takesText;
}
