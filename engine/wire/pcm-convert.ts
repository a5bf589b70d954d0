import { SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import type { AudioChunk } from "#proto/streaming_pb.ts";

const INT16_MAX = 32_767;
const MAX_CHANNELS = 8;
const MIN_RATE_HZ = 4_000;
const MAX_RATE_HZ = 384_000;

interface SampleFormat {
  readonly bytes: number;
  /** Gives a sample as a number between -32768 and 32767. */
  readonly read: (view: DataView, byteOffset: number) => number;
}

const int16le: SampleFormat = { bytes: 2, read: (view, offset) => view.getInt16(offset, true) };
const int16be: SampleFormat = { bytes: 2, read: (view, offset) => view.getInt16(offset, false) };
const float32: SampleFormat = { bytes: 4, read: (view, offset) => view.getFloat32(offset, true) * INT16_MAX };
const float64: SampleFormat = { bytes: 8, read: (view, offset) => view.getFloat64(offset, true) * INT16_MAX };

/** The dtype strings that servers in the field send (docs/reference/streaming.md). An absent one means int16. */
const formats: ReadonlyMap<string, SampleFormat> = new Map([
  ["", int16le],
  ["int16", int16le],
  ["short", int16le],
  ["int16_le", int16le],
  ["pcm_s16le", int16le],
  ["int16_be", int16be],
  ["pcm_s16be", int16be],
  ["float32", float32],
  ["float", float32],
  ["float64", float64],
]);

/** Turns the audio of one stream into 48 kHz mono s16le. Keeps state between chunks, so that joints do not click. */
export type PcmConverter = ReturnType<typeof createPcmConverter>;

/**
 * A converter for one stream. Rate and channels absent (0) mean 48 kHz mono: the first servers never sent them
 * (docs/reference/streaming.md). Other rates are interpolated linearly, which is enough for speech.
 */
export function createPcmConverter() {
  let resampler: ReturnType<typeof createResampler> | undefined;
  return {
    /** Undefined for an empty chunk and for one that cannot be played: unknown dtype, absurd rate or channel count. */
    convert(chunk: AudioChunk): Uint8Array | undefined {
      const shape = shapeOf(chunk);
      if (shape === undefined) return undefined;
      const { format, rateHz, channels, frames } = shape;
      // Our own servers send exactly what is played: pass it on without a copy.
      if (format === int16le && channels === 1 && rateHz === SAMPLE_RATE_HZ) {
        return new Uint8Array(chunk.audioData.buffer, chunk.audioData.byteOffset, frames * format.bytes);
      }
      const mono = readMono(chunk.audioData, format, channels, frames);
      if (rateHz === SAMPLE_RATE_HZ) return toBytes(mono);
      if (resampler?.rateHz !== rateHz) resampler = createResampler(rateHz);
      const resampled = resampler.push(mono);
      return resampled.length === 0 ? undefined : toBytes(resampled);
    },
  };
}

function shapeOf(chunk: AudioChunk) {
  const format = formats.get(chunk.dtype.toLowerCase());
  const rateHz = chunk.sampleRate === 0 ? SAMPLE_RATE_HZ : chunk.sampleRate;
  const channels = chunk.channels === 0 ? 1 : chunk.channels;
  const playable = rateHz >= MIN_RATE_HZ && rateHz <= MAX_RATE_HZ && channels > 0 && channels <= MAX_CHANNELS;
  if (format === undefined || !playable) return undefined;
  const frames = Math.floor(chunk.audioData.byteLength / (format.bytes * channels));
  return frames === 0 ? undefined : { format, rateHz, channels, frames };
}

function readMono(bytes: Uint8Array, format: SampleFormat, channels: number, frames: number): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mono = new Float64Array(frames);
  for (let frame = 0; frame < frames; frame += 1) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel += 1) {
      sum += format.read(view, (frame * channels + channel) * format.bytes);
    }
    mono[frame] = sum / channels;
  }
  return mono;
}

function toBytes(samples: Float64Array): Uint8Array {
  const out = new DataView(new ArrayBuffer(samples.length * 2));
  for (let index = 0; index < samples.length; index += 1) {
    const sample = samples[index] ?? 0;
    // NaN from a float stream is silence, not noise.
    const clipped = Number.isNaN(sample) ? 0 : Math.max(-32_768, Math.min(INT16_MAX, Math.round(sample)));
    out.setInt16(index * 2, clipped, true);
  }
  return new Uint8Array(out.buffer);
}

function createResampler(rateHz: number) {
  const step = rateHz / SAMPLE_RATE_HZ;
  // Position of the next output sample in the input, where 0 is the last sample of the previous chunk.
  let position = 1;
  let last = 0;
  return {
    rateHz,
    push(input: Float64Array): Float64Array {
      const at = (index: number) => (index === 0 ? last : (input[index - 1] ?? 0));
      const count = Math.max(0, Math.ceil((input.length - position) / step));
      const output = new Float64Array(count);
      for (let index = 0; index < count; index += 1) {
        const whole = Math.floor(position);
        const fraction = position - whole;
        output[index] = at(whole) * (1 - fraction) + (fraction === 0 ? 0 : at(whole + 1) * fraction);
        position += step;
      }
      last = input.at(-1) ?? last;
      position -= input.length;
      return output;
    },
  };
}
