import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { SCREENSHOT_MAX_BYTES } from "#contract/limits.ts";
import { readImageFile } from "./image-file.ts";
import { makeTempHome } from "../testing/temp-home.ts";

const picture = sharp({ create: { width: 30, height: 20, channels: 3, background: "teal" } });

test.each(["jpeg", "png", "webp"] as const)("reads a %s with its size", async (format) => {
  await using home = await makeTempHome();
  const path = join(home.path, "picture");
  const bytes = await picture.clone().toFormat(format).toBuffer();
  await writeFile(path, bytes);
  expect(await readImageFile(path)).toMatchObject({ widthPx: 30, heightPx: 20, bytes });
});

test("refuses another format, a folder, nothing and too much by name", async () => {
  await using home = await makeTempHome();
  const path = join(home.path, "picture");
  await writeFile(path, await picture.clone().toFormat("tiff").toBuffer());
  await expect(readImageFile(path)).rejects.toMatchObject({ code: "SCREENSHOT_INVALID", field: "image" });
  await expect(readImageFile(home.path)).rejects.toMatchObject({ code: "USAGE" });
  await expect(readImageFile(join(home.path, "gone"))).rejects.toThrow(/there is no such file/);
  await truncate(path, SCREENSHOT_MAX_BYTES + 1);
  await expect(readImageFile(path)).rejects.toThrow(/has 8388609 bytes; the limit is 8388608/);
});
