import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { SCREENSHOT_MAX_BYTES } from "#contract/limits.ts";
import { decodeScreenshot, imageFormat } from "./screenshot.ts";

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
