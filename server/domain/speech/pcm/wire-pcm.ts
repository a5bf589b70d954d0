import type { PcmPiece } from "../ports.ts";
import { createPieceCutter } from "./piece-cutter.ts";
import type { Resampler, ResamplerFactory } from "./resampler.ts";
import { createSampleReader } from "./sample-reader.ts";
import { createSilenceTrimmer } from "./silence-trimmer.ts";

/**
 * Turns what a provider gives for one sentence into wire audio (docs/reference/streaming.md): 48 kHz mono s16le in pieces of exactly
 * 4096 bytes, silence around it trimmed. Ends without a piece when there was no sound. The rate is that of the first
 * piece; a provider that changes it half way fails.
 */
export async function* wirePcm(
  pieces: AsyncIterable<PcmPiece>,
  resamplers: ResamplerFactory,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = createSampleReader();
  const trimmer = createSilenceTrimmer();
  const cutter = createPieceCutter();
  let resampler: Resampler | undefined;
  let rateHz = 0;
  try {
    for await (const piece of pieces) {
      if (resampler === undefined) {
        rateHz = piece.sampleRateHz;
        resampler = await resamplers.create(rateHz);
      } else if (piece.sampleRateHz !== rateHz) throw new Error("The voice changed its sample rate.");
      yield* cutter.push(trimmer.push(resampler.push(reader.push(piece.pcm))));
    }
    if (resampler === undefined) return;
    yield* cutter.push(trimmer.push(resampler.end()));
    yield* cutter.push(trimmer.end());
    yield* cutter.end();
  } finally {
    resampler?.[Symbol.dispose]();
  }
}
