import type { PcmPiece } from "../ports.ts";
import { SpeechError } from "./speech-error.ts";

/** A header longer than this is not a header. */
const HEADER_MAX_BYTES = 64 * 1024;
/** A whole file at once would be resampled in one go and hold up the event loop. */
const PIECE_MAX_BYTES = 16 * 1024;
const PCM_FORMAT = 1;
/** WAVE_FORMAT_EXTENSIBLE, whose sub-format also begins with 1 for PCM. */
const EXTENSIBLE_FORMAT = 0xfffe;

interface WavFormat {
  readonly sampleRateHz: number;
  readonly channels: number;
}

/**
 * Reads a RIFF/WAVE stream (16-bit PCM) as it comes. The length of the data chunk is believed only as an upper bound:
 * `espeak-ng --stdout` writes 0x7ffff000 because it cannot know, other tools write 0 or 0xffffffff.
 * Stereo is mixed down by taking the first channel.
 * @throws SpeechError when it is not such a stream.
 */
export async function* wavPieces(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<PcmPiece, void, undefined> {
  let head = new Uint8Array(0);
  let format: WavFormat | undefined;
  let left = Number.POSITIVE_INFINITY;
  let carry = new Uint8Array(0);
  for await (const chunk of chunks) {
    let data = chunk;
    if (format === undefined) {
      head = concatBytes(head, chunk);
      const parsed = parseHeader(head);
      if (parsed === undefined) continue;
      format = parsed.format;
      left = parsed.dataBytes;
      data = head.subarray(parsed.dataOffset);
    }
    data = data.subarray(0, Math.min(data.length, left));
    left -= data.length;
    if (format.channels > 1) {
      const frames = concatBytes(carry, data);
      const whole = frames.length - (frames.length % (format.channels * 2));
      carry = frames.slice(whole);
      data = firstChannel(frames.subarray(0, whole), format.channels);
    }
    for (let at = 0; at < data.length; at += PIECE_MAX_BYTES) {
      yield { pcm: data.subarray(at, at + PIECE_MAX_BYTES), sampleRateHz: format.sampleRateHz };
    }
    if (left === 0) return;
  }
  if (format === undefined && head.length > 0) throw notWav();
}

interface ParsedHeader {
  readonly format: WavFormat;
  readonly dataOffset: number;
  readonly dataBytes: number;
}

/** Undefined when more bytes are needed. */
function parseHeader(bytes: Uint8Array): ParsedHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12) return undefined;
  if (tag(view, 0) !== "RIFF" || tag(view, 8) !== "WAVE") throw notWav();
  let format: WavFormat | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const name = tag(view, at);
    const size = view.getUint32(at + 4, true);
    if (name === "data") {
      if (format === undefined) throw notWav();
      const unknown = size === 0 || size >= 0x7fff_0000;
      return { format, dataOffset: at + 8, dataBytes: unknown ? Number.POSITIVE_INFINITY : size };
    }
    if (at + 8 + size > HEADER_MAX_BYTES) throw notWav();
    if (at + 8 + size > bytes.length) return undefined;
    if (name === "fmt ") format = parseFormat(view, at + 8, size);
    at += 8 + size + (size % 2);
  }
  return undefined;
}

function parseFormat(view: DataView, at: number, size: number): WavFormat {
  if (size < 16) throw notWav();
  const kind = view.getUint16(at, true);
  const channels = view.getUint16(at + 2, true);
  const bits = view.getUint16(at + 14, true);
  const sampleRateHz = view.getUint32(at + 4, true);
  if ((kind !== PCM_FORMAT && kind !== EXTENSIBLE_FORMAT) || bits !== 16 || channels < 1 || channels > 8) {
    throw new SpeechError(
      "failed",
      `The voice gave sound that is not 16-bit PCM (format ${kind}, ${bits} bits).`,
    );
  }
  return { sampleRateHz, channels };
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(
    view.getUint8(at),
    view.getUint8(at + 1),
    view.getUint8(at + 2),
    view.getUint8(at + 3),
  );
}

function firstChannel(frames: Uint8Array, channels: number): Uint8Array {
  const mono = new Uint8Array(frames.length / channels);
  for (let from = 0, to = 0; to < mono.length; from += channels * 2, to += 2) {
    mono[to] = frames[from] ?? 0;
    mono[to + 1] = frames[from + 1] ?? 0;
  }
  return mono;
}

function concatBytes(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

function notWav(): SpeechError {
  return new SpeechError("failed", "The voice gave something that is not a WAVE stream.");
}
