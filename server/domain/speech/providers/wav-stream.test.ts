import { describe, expect, test } from "vitest";
import { wavPieces } from "./wav-stream.ts";

interface Wav {
  readonly channels?: number;
  readonly bits?: number;
  readonly format?: number;
  readonly dataSize?: number;
  readonly extra?: Buffer;
}

function chunk(name: string, body: Buffer, size = body.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 0, "latin1");
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, body]);
}

function wav(pcm: Buffer, options: Wav = {}): Buffer {
  const channels = options.channels ?? 1;
  const format = Buffer.alloc(16);
  format.writeUInt16LE(options.format ?? 1, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(22_050, 4);
  format.writeUInt32LE(22_050 * channels * 2, 8);
  format.writeUInt16LE(channels * 2, 12);
  format.writeUInt16LE(options.bits ?? 16, 14);
  const extra = options.extra ?? Buffer.alloc(0);
  const data = chunk("data", pcm, options.dataSize ?? pcm.length);
  return Buffer.concat([chunk("RIFF", Buffer.from("WAVE"), 0xffff_ffff), chunk("fmt ", format), extra, data]);
}

async function read(bytes: Buffer, size: number): Promise<Buffer> {
  async function* chunks(): AsyncGenerator<Uint8Array, void> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const out: Uint8Array[] = [];
  for await (const piece of wavPieces(chunks())) {
    expect(piece.sampleRateHz).toBe(22_050);
    out.push(piece.pcm);
  }
  return Buffer.concat(out);
}

const pcm = Buffer.from(Array.from({ length: 1001 }, (_, index) => index % 251));

describe("wavPieces", () => {
  test.each([1, 7, 44, 45, 5000])("a header with any length of data, in parts of %i bytes", async (size) => {
    for (const dataSize of [undefined, 0, 0x7fff_f000, 0xffff_ffff]) {
      const options = dataSize === undefined ? {} : { dataSize };
      expect(await read(wav(pcm, options), size)).toEqual(pcm);
    }
  });

  test("chunks before the data are skipped, what follows it is not sound", async () => {
    const extra = chunk("LIST", Buffer.from("odd\0"), 3);
    const file = Buffer.concat([wav(pcm, { extra }), chunk("LIST", Buffer.from("after"))]);
    expect(await read(file, 10)).toEqual(pcm);
  });

  test("of stereo the first channel is taken, across borders", async () => {
    const stereo = Buffer.alloc(400);
    for (let frame = 0; frame < 100; frame += 1) stereo.writeInt16LE(frame, frame * 4);
    const mono = await read(wav(stereo, { channels: 2 }), 3);
    expect(mono.length).toBe(200);
    expect(mono.readInt16LE(2 * 77)).toBe(77);
  });

  test.each([
    ["not a WAVE file", Buffer.from("ID3 this is an mp3 file of some kind")],
    ["8 bits", wav(pcm, { bits: 8 })],
    ["float", wav(pcm, { format: 3 })],
    ["data before its format", Buffer.concat([chunk("RIFF", Buffer.from("WAVE")), chunk("data", pcm)])],
    ["a header cut short", wav(pcm).subarray(0, 30)],
    ["an absurd chunk", Buffer.concat([chunk("RIFF", Buffer.from("WAVE")), chunk("LIST", pcm, 900_000_000)])],
  ])("%s is an error", async (_name, bytes) => {
    await expect(read(bytes, 9)).rejects.toMatchObject({ name: "SpeechError" });
  });
});
