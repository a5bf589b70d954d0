import type { Logger } from "#contract/logger.ts";
import { SPEECH_FAILED } from "../speech/notices.ts";
import type { SpeechService } from "../speech/ports.ts";
import { abortable } from "../abortable.ts";
import type { LiveTurn, SpeechSwitch } from "./live-turn.ts";
import { wording } from "./context/wording.ts";
import { Channel } from "./channel.ts";

/** One run of speech: from the moment a client wants it until the text ends or no client wants it any more. */
interface SpeechRun {
  readonly text: Channel<string>;
  readonly controller: AbortController;
  readonly finished: Promise<void>;
}

/**
 * The voice of one answer, beside its text: text never waits for it. If it fails, the answer goes on in text and the
 * person is told once.
 */
export class TurnSpeech implements SpeechSwitch {
  readonly #service: SpeechService;
  readonly #live: LiveTurn;
  readonly #locale: string;
  readonly #logger: Logger;
  #run: SpeechRun | undefined;
  #textEnded = false;
  #failed = false;

  constructor(service: SpeechService, live: LiveTurn, locale: string, logger: Logger) {
    this.#service = service;
    this.#live = live;
    this.#locale = locale;
    this.#logger = logger;
  }

  start(): void {
    if (this.#run !== undefined || this.#textEnded || this.#failed) return;
    const text = new Channel<string>();
    const controller = new AbortController();
    this.#run = { text, controller, finished: this.#speak(text, controller.signal) };
  }

  stop(): void {
    this.#run?.controller.abort();
    this.#run?.text.close();
    this.#run = undefined;
  }

  push(text: string): void {
    this.#run?.text.push(text);
  }

  /** No more text comes. Resolves after the last audio; never throws. */
  async finish(): Promise<void> {
    this.#textEnded = true;
    this.#run?.text.close();
    await this.#run?.finished;
  }

  async #speak(text: Channel<string>, signal: AbortSignal): Promise<void> {
    try {
      const parts = this.#service.speak(text, { locale: this.#locale }, signal);
      for await (const part of abortable(parts, signal)) {
        this.#live.publish(part);
        if (part.type === "audio") await this.#live.audioRoom();
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#failed = true;
      this.#logger.warn("speech failed", { error });
      this.#live.publish({ type: "notice", code: SPEECH_FAILED, text: wording(this.#locale).speechFailed });
    }
  }
}
