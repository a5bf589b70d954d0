import { AUDIO_PIECE_BYTES, BYTES_PER_SAMPLE } from "#contract/audio-format.ts";

const PIECE_SAMPLES = AUDIO_PIECE_BYTES / BYTES_PER_SAMPLE;

/**
 * Cuts one sentence (48 kHz samples) into pieces of exactly {@link AUDIO_PIECE_BYTES}. The last is filled up with at most 43 ms of
 * silence, which is part of the natural pause between sentences, so nothing has to wait for the next sentence.
 * Clients drop all-zero pieces as "no sound" (docs/reference/streaming.md), which would shorten pauses inside a sentence: such a piece
 * gets a dither of one step, 90 dB below full scale.
 */
export function createPieceCutter() {
  let piece = new Int16Array(PIECE_SAMPLES);
  let filled = 0;

  function take(): Uint8Array {
    if (piece.every((sample) => sample === 0)) {
      for (let at = 0; at < PIECE_SAMPLES; at += 1) piece[at] = (at * 7 + (at >> 3)) % 3 === 0 ? 1 : 0;
    }
    const bytes = new Uint8Array(piece.buffer);
    piece = new Int16Array(PIECE_SAMPLES);
    filled = 0;
    return bytes;
  }

  return {
    push(samples: Int16Array): readonly Uint8Array[] {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < samples.length;) {
        const part = samples.subarray(at, at + PIECE_SAMPLES - filled);
        piece.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled === PIECE_SAMPLES) pieces.push(take());
      }
      return pieces;
    },
    /** The sentence is over: the last piece, filled up with silence, if there is one. */
    end: (): readonly Uint8Array[] => (piece.some((sample) => sample !== 0) ? [take()] : []),
  };
}
