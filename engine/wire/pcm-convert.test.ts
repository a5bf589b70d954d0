import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { AudioChunkSchema, type AudioChunk } from "#proto/streaming_pb.ts";
import { createPcmConverter } from "./pcm-convert.ts";

function chunk(
  data: ArrayBufferView,
  dtype: string,
  options: { sampleRate?: number; channels?: number } = {},
): AudioChunk {
  return create(AudioChunkSchema, {
    audioData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    dtype,
    ...options,
  });
}
function samplesOf(bytes: Uint8Array | undefined): number[] {
  const copy = Uint8Array.from(bytes ?? []);
  return [...new Int16Array(copy.buffer)];
}
const convert = (piece: AudioChunk) => samplesOf(createPcmConverter().convert(piece));

describe("a chunk", () => {
  test.each(["", "int16", "short", "int16_le", "pcm_s16le", "INT16"])(
    "of dtype %j passes as it is",
    (dtype) => {
      expect(convert(chunk(new Int16Array([1, -2, 32_767]), dtype))).toEqual([1, -2, 32_767]);
    },
  );

  test("of our own servers is not copied", () => {
    const piece = chunk(new Int16Array([1, 2]), "int16", { sampleRate: 48_000, channels: 1 });
    expect(createPcmConverter().convert(piece)?.buffer).toBe(piece.audioData.buffer);
  });

  test.each(["int16_be", "pcm_s16be"])("of dtype %j is swapped", (dtype) => {
    expect(convert(chunk(new Uint8Array([0x01, 0x02, 0xff, 0xfe]), dtype))).toEqual([0x0102, -2]);
  });

  test("of floats is scaled and clipped, and not-a-number is silence", () => {
    const floats = [0, 1, -1, 2, -2, Number.NaN, 0.5];
    const expected = [0, 32_767, -32_767, 32_767, -32_768, 0, 16_384];
    expect(convert(chunk(new Float32Array(floats), "float32"))).toEqual(expected);
    expect(convert(chunk(new Float32Array(floats), "float"))).toEqual(expected);
    expect(convert(chunk(new Float64Array(floats), "float64"))).toEqual(expected);
  });

  test("of two channels is mixed, and half a frame at its end is dropped", () => {
    expect(convert(chunk(new Int16Array([100, 300, -100, -300, 7]), "int16", { channels: 2 }))).toEqual([
      200, -200,
    ]);
    expect(convert(chunk(new Uint8Array([1, 0, 9]), "int16"))).toEqual([1]);
  });

  test.each([
    ["an unknown dtype", chunk(new Int16Array([1]), "opus")],
    ["no samples", chunk(new Int16Array([]), "int16")],
    ["an absurd rate", chunk(new Int16Array([1]), "int16", { sampleRate: 1 })],
    ["a negative rate", chunk(new Int16Array([1]), "int16", { sampleRate: -48_000 })],
    ["absurd channels", chunk(new Int16Array([1]), "int16", { channels: 99 })],
  ])("with %s is dropped", (_, piece) => {
    expect(createPcmConverter().convert(piece)).toBeUndefined();
  });

  test("at an odd address is read all the same", () => {
    const padded = new Uint8Array(9);
    new DataView(padded.buffer).setFloat32(1, 0.5, true);
    expect(convert(chunk(padded.subarray(1, 5), "float32"))).toEqual([16_384]);
  });
});

test("another rate keeps its pitch, and chunks join without a step", () => {
  const rateHz = 16_000;
  const frequencyHz = 440;
  const source = Int16Array.from({ length: rateHz }, (_, index) =>
    Math.round(10_000 * Math.sin((2 * Math.PI * frequencyHz * index) / rateHz)),
  );
  const converter = createPcmConverter();
  const out: number[] = [];
  for (let at = 0; at < source.length; at += 333) {
    out.push(
      ...samplesOf(converter.convert(chunk(source.slice(at, at + 333), "int16", { sampleRate: rateHz }))),
    );
  }
  expect(Math.abs(out.length - 48_000)).toBeLessThan(10);
  const rising = out.filter((sample, index) => sample >= 0 && (out[index - 1] ?? 0) < 0).length;
  expect(Math.abs(rising - frequencyHz)).toBeLessThanOrEqual(1);
  const largestStep = Math.max(...out.map((sample, index) => Math.abs(sample - (out[index - 1] ?? sample))));
  // The steepest step of a 440 Hz sine of this size at 48 kHz is 576.
  expect(largestStep).toBeLessThan(650);
});
