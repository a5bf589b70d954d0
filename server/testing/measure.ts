import { AUDIO_PIECE_BYTES, SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import type { SpeechPart } from "../domain/speech/ports.ts";

/** What came out of one `speak`, for tests. */
export interface Spoken {
  readonly pieces: readonly Uint8Array[];
  readonly notices: readonly string[];
  readonly samples: Int16Array;
  readonly seconds: number;
}

/** Takes all of a stream of speech. */
export async function collect(parts: AsyncIterable<SpeechPart>): Promise<Spoken> {
  const pieces: Uint8Array[] = [];
  const notices: string[] = [];
  for await (const part of parts) {
    if (part.type === "audio") pieces.push(part.pcm);
    else notices.push(`${part.code}: ${part.text}`);
  }
  const samples = samplesOf(pieces);
  return { pieces, notices, samples, seconds: samples.length / SAMPLE_RATE_HZ };
}

/** The wire's samples of pieces put together. */
export function samplesOf(pieces: readonly Uint8Array[]): Int16Array {
  const bytes = Buffer.concat(pieces);
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** Root mean square of samples, 0 to 32768. */
export function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length));
}

/** Frequency of a nearly pure tone, from its zero crossings (rising), in Hz. */
export function toneHz(samples: Int16Array, rateHz: number = SAMPLE_RATE_HZ): number {
  const crossings: number[] = [];
  for (let at = 1; at < samples.length; at += 1) {
    const [before = 0, now = 0] = [samples[at - 1], samples[at]];
    if (before < 0 && now >= 0) crossings.push(at - 1 + before / (before - now));
  }
  const [first = 0, last = 0] = [crossings[0], crossings.at(-1)];
  return ((crossings.length - 1) * rateHz) / (last - first);
}

/** Largest difference between neighbouring samples: a click makes it large. */
export function largestStep(samples: Int16Array): number {
  let largest = 0;
  for (let at = 1; at < samples.length; at += 1) {
    largest = Math.max(largest, Math.abs((samples[at] ?? 0) - (samples[at - 1] ?? 0)));
  }
  return largest;
}

/** Pieces that break the wire's rules (docs/reference/streaming.md): another length than 4096 bytes, or all zero. */
export function badPieces(pieces: readonly Uint8Array[]): number {
  return pieces.filter((piece) => piece.length !== AUDIO_PIECE_BYTES || piece.every((byte) => byte === 0))
    .length;
}

/** Longest run of quiet samples, in ms. */
export function longestQuietMs(samples: Int16Array, level = 80): number {
  let longest = 0;
  let run = 0;
  for (const sample of samples) {
    run = Math.abs(sample) <= level ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return (longest * 1000) / SAMPLE_RATE_HZ;
}

/** A sine as s16le samples. */
export function sine(frequencyHz: number, rateHz: number, seconds: number, amplitude = 16_384): Int16Array {
  return Int16Array.from({ length: Math.round(rateHz * seconds) }, (_, at) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * frequencyHz * at) / rateHz)),
  );
}

/** Text tokens of a few characters, as a model sends them. */
export async function* tokens(text: string, size = 4): AsyncGenerator<string, void> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}
