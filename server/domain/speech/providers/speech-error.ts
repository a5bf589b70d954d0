/** Why a voice could not speak one sentence; decides what the person is told and how long the voice rests. */
export type SpeechFailure = "refused" | "unreachable" | "stalled" | "silent" | "failed";

/**
 * A provider's failure for one sentence. It never leaves this folder: the chain turns it into a log line and, at most
 * once per answer, a notice. The message holds no spoken text and no secret.
 */
export class SpeechError extends Error {
  override readonly name = "SpeechError";
  readonly failure: SpeechFailure;

  constructor(failure: SpeechFailure, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.failure = failure;
  }

  /** Turns anything a provider threw into a SpeechError; one that is already stays itself. */
  static from(reason: unknown): SpeechError {
    if (reason instanceof SpeechError) return reason;
    const message = reason instanceof Error ? reason.message : String(reason);
    return new SpeechError("failed", message, { cause: reason });
  }
}
