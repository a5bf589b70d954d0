import { PipitError } from "#contract/pipit-error.ts";
import { AnswerLog } from "./answer-log.ts";
import { Listener, type ListenerOptions } from "./listener.ts";
import type { TurnEvent } from "./turn-types.ts";

/** How long slow listeners may hold the model back at a time; then text is merged for them instead. */
const HOLD_MAX_MS = 2_000;

/** How long listeners may take no speech: who plays it takes a piece many times a second. */
const SILENT_MAX_MS = 30_000;

/** What a live turn does with speech; see `TurnSpeech`. */
export interface SpeechSwitch {
  start(): void;
  stop(): void;
}

/** A chat, or one exchange of it. */
export interface Place {
  readonly chatId: string;
  readonly turnId?: string | undefined;
}

/**
 * One answer while it is made: everything said so far, and those who listen. It stops (its `signal` aborts) when the
 * last listener has gone, when it is interrupted, or when the server stops.
 */
export class LiveTurn {
  readonly userId: string;
  /** By `performance.now()`. */
  readonly startedAtMs = performance.now();
  readonly log = new AnswerLog();
  readonly #listeners = new Set<Listener>();
  readonly #controller = new AbortController();
  readonly #roomWaiters = new Set<() => void>();
  readonly #onTaken = (): void => this.#releaseRoomWaiters();
  #place: Place | undefined;
  #speech: SpeechSwitch | undefined;
  #ended: { readonly failure: PipitError | undefined } | undefined;

  constructor(userId: string) {
    this.userId = userId;
  }

  /** Undefined until it has begun. */
  get turnId(): string | undefined {
    return this.#place?.turnId;
  }

  /** Aborts with a PipitError as its reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether one more may listen; if not, wait until it is over and ask again. */
  get joinable(): boolean {
    return this.#ended === undefined && !this.signal.aborted;
  }

  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  get wantsSpeech(): boolean {
    return [...this.#listeners].some((listener) => listener.wantsAudio);
  }

  /** Speech starts when the first listener who wants it comes, and stops when the last one has gone. */
  attachSpeech(speech: SpeechSwitch): void {
    this.#speech = speech;
    if (this.wantsSpeech) speech.start();
  }

  /** Stops the answer; everything that works on it sees the same signal. */
  stop(reason: PipitError): void {
    if (!this.joinable) return;
    this.#controller.abort(reason);
    this.#speech?.stop();
    this.#releaseRoomWaiters();
  }

  /** Session ids of the listeners on this machine. */
  sessionsOf(hardwareId: string): string[] {
    const here = [...this.#listeners].filter((listener) => listener.options.hardwareId === hardwareId);
    return here.map((listener) => listener.options.sessionId);
  }

  /** Whether the answer belongs there, as far as is known yet. */
  isOf({ chatId, turnId }: Place): boolean {
    return this.#place?.chatId === chatId && (turnId === undefined || this.#place.turnId === turnId);
  }

  publish(event: TurnEvent): void {
    if (event.type === "turn") this.#place = event;
    this.log.add(event);
    for (const listener of this.#listeners) listener.push(event);
  }

  /** The last thing that happens here: `end`, or the failure, to all. */
  close(failure?: PipitError): void {
    this.#ended = { failure };
    for (const listener of this.#listeners) this.#tellEnd(listener);
  }

  /**
   * Waits while every listener has plenty of text waiting; undefined when there is nothing to wait for. The fastest
   * listener sets the pace, and after two seconds the answer goes on without waiting.
   */
  eventRoom(): Promise<void> | undefined {
    if (this.#anyListener((listener) => !listener.isFull)) return undefined;
    return this.#waitForEventRoom();
  }

  /** Waits while every listener who wants speech has plenty waiting. Those who take none for half a minute get no more. */
  async audioRoom(): Promise<void> {
    while (!this.signal.aborted && this.wantsSpeech && !this.#anyListener((one) => one.hasAudioRoom)) {
      let timer: NodeJS.Timeout | undefined;
      const isTaken = await new Promise<boolean>((resolve) => {
        this.#roomWaiters.add(() => resolve(true));
        timer = setTimeout(() => resolve(false), SILENT_MAX_MS);
      });
      clearTimeout(timer);
      if (!isTaken) this.#muteAll();
    }
  }

  /** All that was said, then what comes, until `end`. Aborting `signal` or leaving the loop leaves the turn. */
  async *listen(options: ListenerOptions, signal: AbortSignal): AsyncGenerator<TurnEvent, void, void> {
    const listener = new Listener(options, this.log.snapshot(), this.#onTaken);
    this.#listeners.add(listener);
    this.#tellEnd(listener);
    if (options.speak) this.#speech?.start();
    // Leaves at once even when this generator is parked at a yield that no reader will resume.
    const onAbort = (): void => {
      this.#leave(listener);
      listener.wake();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      for (;;) {
        if (signal.aborted) throw new PipitError("CANCELLED", "Cancelled.");
        const event = listener.take();
        if (event === undefined) {
          await listener.ready();
          continue;
        }
        yield event;
        if (event.type === "end") return;
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#leave(listener);
    }
  }

  #tellEnd(listener: Listener): void {
    if (this.#ended === undefined) return;
    if (this.#ended.failure === undefined) listener.end();
    else listener.fail(this.#ended.failure);
  }

  #leave(listener: Listener): void {
    if (!this.#listeners.delete(listener)) return;
    this.#releaseRoomWaiters();
    if (this.#listeners.size === 0) this.stop(new PipitError("CANCELLED", "Cancelled."));
    else if (!this.wantsSpeech) this.#speech?.stop();
  }

  #muteAll(): void {
    for (const listener of this.#listeners) listener.mute();
    this.#speech?.stop();
  }

  #anyListener(test: (listener: Listener) => boolean): boolean {
    for (const listener of this.#listeners) if (test(listener)) return true;
    return this.#listeners.size === 0;
  }

  async #waitForEventRoom(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const heldTooLong = new Promise<"timeout">((resolve) => {
      timer = setTimeout(() => resolve("timeout"), HOLD_MAX_MS);
    });
    try {
      while (!this.signal.aborted && !this.#anyListener((listener) => listener.wantsRefill)) {
        const taken = new Promise<"taken">((resolve) => this.#roomWaiters.add(() => resolve("taken")));
        if ((await Promise.race([taken, heldTooLong])) === "timeout") {
          for (const listener of this.#listeners) listener.lag();
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #releaseRoomWaiters(): void {
    if (this.#roomWaiters.size === 0) return;
    const waiters = [...this.#roomWaiters];
    this.#roomWaiters.clear();
    for (const release of waiters) release();
  }
}
