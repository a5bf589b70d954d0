import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { icnsSizesPx, writeIcns, writeIco, type IconImage } from "./icon-containers.ts";

async function picture(sizePx: number): Promise<IconImage> {
  const create = { width: sizePx, height: sizePx, channels: 4, background: "#0a6b66" } as const;
  return { sizePx, png: await sharp({ create }).png().toBuffer() };
}

async function sideOf(png: Uint8Array): Promise<number> {
  const { format, width, height } = await sharp(png).metadata();
  expect([format, height]).toEqual(["png", width]);
  return width;
}

describe("writeIco", () => {
  test("every entry of the directory leads to a PNG of its size", async () => {
    const sizes = [16, 32, 256];
    const file = writeIco(await Promise.all(sizes.map(picture)));
    expect([file.readUInt16LE(0), file.readUInt16LE(2), file.readUInt16LE(4)]).toEqual([0, 1, 3]);
    const found = sizes.map(async (_, index) => {
      const at = 6 + 16 * index;
      const start = file.readUInt32LE(at + 12);
      const side = await sideOf(file.subarray(start, start + file.readUInt32LE(at + 8)));
      expect(file.readUInt8(at)).toBe(side % 256);
      return side;
    });
    expect(await Promise.all(found)).toEqual(sizes);
  });

  test("refuses what its one size byte cannot hold", async () => {
    const large = await picture(512);
    expect(() => writeIco([large])).toThrow(/at most 256 px/);
  });
});

describe("writeIcns", () => {
  test("every block holds a PNG, and the lengths add up", async () => {
    const file = writeIcns(await Promise.all(icnsSizesPx.map(picture)));
    expect(file.toString("latin1", 0, 4)).toBe("icns");
    expect(file.readUInt32BE(4)).toBe(file.length);
    const found: [string, number][] = [];
    for (let at = 8; at < file.length; at += file.readUInt32BE(at + 4)) {
      const png = file.subarray(at + 8, at + file.readUInt32BE(at + 4));
      found.push([file.toString("latin1", at, at + 4), await sideOf(png)]);
    }
    expect(Object.fromEntries(found)).toEqual({
      ic11: 32,
      ic12: 64,
      ic07: 128,
      ic13: 256,
      ic08: 256,
      ic14: 512,
      ic09: 512,
      ic10: 1024,
    });
  });

  test("refuses a size that has no type", async () => {
    const odd = await picture(48);
    expect(() => writeIcns([odd])).toThrow(/no PNG of 48 px/);
  });
});
