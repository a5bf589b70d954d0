import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeTempHome } from "../testing/temp-home.ts";
import { createWavRecorder } from "./wav-recorder.ts";

const never = new AbortController().signal;

function parseWav(bytes: Buffer) {
  return {
    riff: bytes.toString("latin1", 0, 4) + bytes.toString("latin1", 8, 16),
    riffBytes: bytes.readUInt32LE(4),
    format: bytes.readUInt16LE(20),
    channels: bytes.readUInt16LE(22),
    rateHz: bytes.readUInt32LE(24),
    bytesPerSecond: bytes.readUInt32LE(28),
    frameBytes: bytes.readUInt16LE(32),
    bits: bytes.readUInt16LE(34),
    dataBytes: bytes.readUInt32LE(40),
    data: bytes.subarray(44),
  };
}

/** What this process holds open. */
async function openPaths(): Promise<readonly string[]> {
  const numbers = await readdir("/proc/self/fd");
  return Promise.all(numbers.map((number) => readlink(`/proc/self/fd/${number}`).catch(() => "")));
}

describe("a recording", () => {
  test("is a valid 48 kHz mono s16le WAV with every byte in order", async () => {
    await using home = await makeTempHome();
    const path = join(home.path, "out.wav");
    const recorder = await createWavRecorder(path);
    const pieces = Array.from({ length: 50 }, (_, index) => new Uint8Array(4096).fill(index));
    recorder.setVolume(0.5);
    // Not awaited one by one: the recorder keeps the order.
    await Promise.all(pieces.map((piece) => recorder.write(piece)));
    await recorder[Symbol.asyncDispose]();
    await recorder[Symbol.asyncDispose]();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const wav = parseWav(await readFile(path));
    expect(wav).toMatchObject({
      riff: "RIFFWAVEfmt ",
      riffBytes: 36 + 50 * 4096,
      format: 1,
      channels: 1,
      rateHz: 48_000,
      bytesPerSecond: 96_000,
      frameBytes: 2,
      bits: 16,
      dataBytes: 50 * 4096,
    });
    expect(wav.data.equals(Buffer.concat(pieces))).toBe(true);
  });

  test("is valid from the start, and after a stop or drain without a close", async () => {
    await using home = await makeTempHome();
    const path = join(home.path, "out.wav");
    await using recorder = await createWavRecorder(path);
    expect(parseWav(await readFile(path)).dataBytes).toBe(0);
    await recorder.write(new Uint8Array([1, 2]));
    await recorder.stop();
    expect(parseWav(await readFile(path)).dataBytes).toBe(2);
    await recorder.write(new Uint8Array([3, 4]));
    await recorder.drain(never);
    expect(parseWav(await readFile(path))).toMatchObject({ dataBytes: 4, riffBytes: 40 });
  });

  test("stops with STORAGE_FULL at the most a WAV can say, and stays valid", async () => {
    await using home = await makeTempHome();
    const path = join(home.path, "out.wav");
    const recorder = await createWavRecorder(path, 6);
    await recorder.write(new Uint8Array(4));
    await expect(recorder.write(new Uint8Array(4))).rejects.toMatchObject({ code: "STORAGE_FULL" });
    await recorder.write(new Uint8Array(2));
    await recorder[Symbol.asyncDispose]();
    expect(parseWav(await readFile(path)).dataBytes).toBe(6);
  });

  test("that cannot be written says so before anything is played", async () => {
    await expect(createWavRecorder("/nonexistent/folder/x.wav")).rejects.toMatchObject({
      code: "USAGE",
    });
    await expect(createWavRecorder("/dev/full")).rejects.toMatchObject({ code: "STORAGE_FULL" });
    expect(await openPaths()).not.toContain("/dev/full");
  });
});
