/** One way to make speech. Pieces are PCM s16le mono at `sampleRateHz`, any length. */
export interface SpeechProvider {
  /** "openai", "say", "espeak-ng", "flite". */
  readonly name: string;
  /** Whether it can speak this language here and now; cheap after the first call. */
  supports(language: string, signal: AbortSignal): Promise<boolean>;
  synthesize(request: SynthesisRequest, signal: AbortSignal): AsyncIterable<PcmPiece>;
}
export interface SynthesisRequest {
  readonly text: string;
  /** Primary language subtag: "en", "ru". */
  readonly language: string;
  readonly voice?: string;
}
export interface PcmPiece {
  readonly pcm: Uint8Array;
  readonly sampleRateHz: number;
}

/** What the rest of the server sees of speech. */
export interface SpeechService extends AsyncDisposable {
  /**
   * Speaks sentences as they come: synthesis of the next one runs while the last is taken. Yields 48 kHz mono s16le
   * in pieces of at most 4096 bytes, never an empty or silent one; a notice at most once per code.
   */
  speak(text: AsyncIterable<string>, options: SpeakOptions, signal: AbortSignal): AsyncIterable<SpeechPart>;
  status(signal: AbortSignal): Promise<SpeechStatus>;
}
export interface SpeakOptions {
  /** BCP 47 of the person; each sentence's script may override it. */
  readonly locale: string;
  readonly voice?: string;
}
export type SpeechPart =
  | { readonly type: "audio"; readonly pcm: Uint8Array }
  | { readonly type: "notice"; readonly code: string; readonly text: string };

export interface SpeechStatus {
  /** Provider per language, e.g. { en: "espeak-ng", ru: "espeak-ng" }; a language without one is absent. */
  readonly providers: Readonly<Record<string, string>>;
  readonly detail: string;
}
