import { constants, getPriority } from "node:os";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { afterAll, describe, expect, test } from "vitest";
import { Pictures } from "./pictures.ts";

const { signal } = new AbortController();
const pictures = new Pictures();
afterAll(() => pictures[Symbol.asyncDispose]());

async function picture(format: "jpeg" | "png" | "webp", width: number, height: number): Promise<Buffer> {
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  return sharp({ create: { width, height, channels: 3, background: "#204060", noise } })
    .toFormat(format)
    .toBuffer();
}

/** It takes a while. */
async function large(): Promise<Buffer> {
  const create = { width: 3_000, height: 3_000, channels: 3, background: "#204060" } as const;
  return sharp({ create }).png().toBuffer();
}

/** A PNG whose header claims what it likes; https://www.w3.org/TR/png-3/#11IHDR */
async function claiming(header: {
  readonly width: number;
  readonly height: number;
  readonly bitDepth?: 8 | 16;
  readonly interlaced?: boolean;
}): Promise<Buffer> {
  const png = await picture("png", 10, 10);
  png.writeUInt32BE(header.width, 16);
  png.writeUInt32BE(header.height, 20);
  png.writeUInt8(header.bitDepth ?? 8, 24);
  png.writeUInt8(header.interlaced === true ? 1 : 0, 28);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

describe("a picture for the model", () => {
  test.each(["jpeg", "png", "webp"] as const)("a %s becomes a JPEG of 1568 px", async (format) => {
    const scaled = await pictures.scale(await picture(format, 2_000, 500), "ann", signal);
    expect(scaled).toMatchObject({ width: 1568, height: 392 });
    expect(await sharp(scaled.jpeg).metadata()).toMatchObject({ format: "jpeg", width: 1568, height: 392 });
  });

  test("a small one keeps its size and loses its metadata", async () => {
    const tagged = await sharp(await picture("jpeg", 40, 30))
      .withExif({ IFD0: { Artist: "Ann" } })
      .jpeg()
      .toBuffer();
    const scaled = await sharp((await pictures.scale(tagged, "ann", signal)).jpeg).metadata();
    expect(scaled).toMatchObject({ format: "jpeg", width: 40, height: 30 });
    expect(scaled.exif).toBeUndefined();
  });

  test.each(["jpeg", "png", "webp"] as const)("a cut-off %s is refused", async (format) => {
    const whole = await picture(format, 300, 300);
    await expect(pictures.scale(whole.subarray(0, whole.length / 2), "ann", signal)).rejects.toMatchObject({
      code: "SCREENSHOT_INVALID",
      field: "screenshot",
      message: expect.stringContaining("8 MiB"),
    });
  });
});

describe("S3: pictures that would stop the server", () => {
  test.each([
    ["60,000 x 60,000 pixels", { width: 60_000, height: 60_000 }],
    [
      "11,500 x 11,500 of 16 bits, interlaced",
      { width: 11_500, height: 11_500, bitDepth: 16, interlaced: true },
    ],
    ["over 150 MB only by its 16 bits", { width: 5_100, height: 5_100, bitDepth: 16 }],
    ["interlaced and over 16 Mpx", { width: 4_100, height: 4_100, interlaced: true }],
  ] as const)("%s: refused by the header alone", async (_, header) => {
    await expect(pictures.scale(await claiming(header), "ann", signal)).rejects.toMatchObject({
      code: "SCREENSHOT_TOO_LARGE",
      field: "screenshot",
      message: expect.stringContaining(`${header.width} x ${header.height} pixels`),
    });
  });

  test("one that kills its decoder is refused, and the next one is read", async () => {
    const running = pictures.scale(await large(), "ann", signal);
    process.kill(pictures.pid ?? 0, "SIGKILL");
    await expect(running).rejects.toMatchObject({ code: "SCREENSHOT_TOO_LARGE" });
    expect((await pictures.scale(await picture("png", 20, 20), "ann", signal)).jpeg.length).toBeGreaterThan(
      0,
    );
  });

  test("an abort stops the decoder", async () => {
    const stop = new AbortController();
    const running = pictures.scale(await large(), "ann", stop.signal);
    const { pid } = pictures;
    stop.abort(new Error("left"));
    await expect(running).rejects.toThrow("left");
    await pictures.scale(await picture("png", 20, 20), "ann", signal);
    expect(pictures.pid).not.toBe(pid);
  });

  test("the decoder gives way to all else that the server does", async () => {
    await pictures.scale(await picture("png", 20, 20), "ann", signal);
    expect(getPriority(pictures.pid)).toBeGreaterThanOrEqual(constants.priority.PRIORITY_BELOW_NORMAL);
  });

  test("an account's many pictures delay another's by one", async () => {
    const order: string[] = [];
    const small = await picture("png", 20, 20);
    const scale = (user: string) => pictures.scale(small, user, signal).then(() => order.push(user));
    await Promise.all([scale("ann"), scale("ann"), scale("ann"), scale("ann"), scale("bob"), scale("bob")]);
    expect(order.join(" ")).toBe("ann bob ann bob ann ann");
  });
});
