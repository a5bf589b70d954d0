/** What the speaker says to its process. Pieces are 48 kHz mono s16le. */
export type SpeakerCommand =
  | { readonly type: "write"; readonly pcm: Uint8Array }
  | { readonly type: "stop"; readonly id: number }
  | { readonly type: "drain"; readonly id: number }
  | { readonly type: "volume"; readonly volume: number };

/** What the process answers. */
export type SpeakerReport =
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly reason: string }
  /** All bytes taken out of the queue since the start, played or dropped. */
  | { readonly type: "consumed"; readonly totalBytes: number }
  /** Answers `stop` (queue empty) and `drain` (everything heard). */
  | { readonly type: "done"; readonly id: number };
