import type { SpeakOptions, SpeechPart, SpeechService } from "#server/domain/speech/ports.ts";

/** One run of speech. */
export interface Spoken {
  readonly options: SpeakOptions;
  readonly signal: AbortSignal;
  text: string;
}

/**
 * Speech that a test can read: each piece of text becomes one audio piece with the text's own UTF-8 bytes. Real
 * synthesis is tested with the real voices; here it is only asked what is spoken, when, and that it stops.
 */
export class EchoSpeech implements SpeechService {
  readonly runs: Spoken[] = [];
  /** Thrown after the first piece. */
  failure: unknown;
  /** Says only this notice, as without a voice. */
  notice: Extract<SpeechPart, { type: "notice" }> | undefined;
  /** Audio waits for this. */
  gate: Promise<void> = Promise.resolve();

  async *speak(
    text: AsyncIterable<string>,
    options: SpeakOptions,
    signal: AbortSignal,
  ): AsyncGenerator<SpeechPart, void, void> {
    const run: Spoken = { options, signal, text: "" };
    this.runs.push(run);
    if (this.notice !== undefined) {
      yield this.notice;
      return;
    }
    for await (const piece of text) {
      await this.gate;
      run.text += piece;
      yield { type: "audio", pcm: new TextEncoder().encode(piece) };
      if (this.failure !== undefined) throw this.failure;
    }
  }

  async status() {
    return { providers: this.notice === undefined ? { en: "echo", ru: "echo" } : {}, detail: "echo" };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
