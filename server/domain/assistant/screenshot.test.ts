import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { SCREENSHOT_MAX_BYTES } from "#contract/limits.ts";
import { decodeScreenshot, imageFormat, scaleForModel } from "./screenshot.ts";

async function picture(format: "jpeg" | "png" | "webp", width: number, height: number): Promise<Buffer> {
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  return sharp({ create: { width, height, channels: 3, background: "#204060", noise } })
    .toFormat(format)
    .toBuffer();
}

describe("decodeScreenshot", () => {
  test.each(["jpeg", "png", "webp"] as const)("takes a %s by its first bytes", async (format) => {
    const bytes = await picture(format, 20, 10);
    expect(Buffer.from(decodeScreenshot(bytes.toString("base64")) ?? []).equals(bytes)).toBe(true);
    expect(imageFormat(bytes)).toBe(format);
  });

  test("empty means none", () => {
    expect(decodeScreenshot("")).toBeUndefined();
  });

  test.each([
    ["not base64 at all", "ц!"],
    ["a broken length", "abcde"],
    ["line breaks", `${Buffer.from("\x89PNG\r\n\x1A\n", "latin1").toString("base64").slice(0, 8)}\n123`],
    ["the URL alphabet", "_-_-"],
    ["another format", Buffer.from("GIF89a............").toString("base64")],
    ["a text", Buffer.from("<svg onload=alert(1)>").toString("base64")],
  ])("refuses %s, naming field and cure", (_, base64) => {
    expect(() => decodeScreenshot(base64)).toThrow(
      expect.objectContaining({
        code: "SCREENSHOT_INVALID",
        field: "screenshot",
        message: expect.stringContaining("at most 8 MiB as standard base64"),
      }),
    );
  });

  test("refuses more than 8 MiB and takes exactly 8 MiB", () => {
    const bytes = Buffer.alloc(SCREENSHOT_MAX_BYTES + 1);
    bytes.write("\xFF\xD8\xFF", "latin1");
    expect(() => decodeScreenshot(bytes.toString("base64"))).toThrow(
      expect.objectContaining({ code: "SCREENSHOT_TOO_LARGE", field: "screenshot" }),
    );
    expect(() => decodeScreenshot("A".repeat(SCREENSHOT_MAX_BYTES * 2))).toThrow(/16\.0|12\.0 MiB/);
    expect(decodeScreenshot(bytes.subarray(0, SCREENSHOT_MAX_BYTES).toString("base64"))).toHaveLength(
      SCREENSHOT_MAX_BYTES,
    );
  });
});

describe("scaleForModel", () => {
  test.each(["jpeg", "png", "webp"] as const)("scales a %s to 1568 px and JPEG", async (format) => {
    const scaled = await scaleForModel(await picture(format, 2_000, 500));
    expect(await sharp(scaled).metadata()).toMatchObject({ format: "jpeg", width: 1568, height: 392 });
  });

  test("leaves a small picture at its size and drops its metadata", async () => {
    const tagged = await sharp(await picture("jpeg", 40, 30))
      .withExif({ IFD0: { Artist: "Ann" } })
      .jpeg()
      .toBuffer();
    const scaled = await sharp(await scaleForModel(tagged)).metadata();
    expect(scaled).toMatchObject({ format: "jpeg", width: 40, height: 30 });
    expect(scaled.exif).toBeUndefined();
  });

  test.each(["jpeg", "png", "webp"] as const)("refuses a cut-off %s", async (format) => {
    const whole = await picture(format, 300, 300);
    await expect(scaleForModel(whole.subarray(0, whole.length / 2))).rejects.toMatchObject({
      code: "SCREENSHOT_INVALID",
      field: "screenshot",
      message: expect.stringContaining("8 MiB"),
    });
  });

  test("refuses a decompression bomb by its header alone", async () => {
    // A PNG header that claims 60,000 x 60,000 pixels: 10 GB when unpacked.
    const png = await picture("png", 10, 10);
    png.writeUInt32BE(60_000, 16);
    png.writeUInt32BE(60_000, 20);
    await expect(scaleForModel(png)).rejects.toMatchObject({ field: "screenshot" });
  });
});
