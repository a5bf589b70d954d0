import { open } from "node:fs/promises";
import { SCREENSHOT_MAX_BYTES } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ScreenImage } from "#contract/screen-image.ts";

const FORMATS = new Set(["jpeg", "png", "webp"]);

/**
 * Reads a picture that a person names.
 *
 * @throws PipitError USAGE when it cannot be read, SCREENSHOT_TOO_LARGE, SCREENSHOT_INVALID for another format.
 */
export async function readImageFile(path: string): Promise<ScreenImage> {
  const bytes = await readBounded(path);
  const metadata = await readMetadata(bytes);
  if (metadata === undefined || !FORMATS.has(metadata.format)) {
    const message = `${path} is not a JPEG, PNG or WebP picture. Convert it first.`;
    throw new PipitError("SCREENSHOT_INVALID", message, { field: "image" });
  }
  return { bytes, widthPx: metadata.width, heightPx: metadata.height };
}

async function readMetadata(bytes: Uint8Array) {
  const { default: sharp } = await import("sharp");
  try {
    return await sharp(bytes).metadata();
  } catch {
    return undefined;
  }
}

async function readBounded(path: string): Promise<Uint8Array> {
  await using file = await open(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "there is no such file" : "it cannot be read";
    throw new PipitError("USAGE", `Cannot attach ${path}: ${why}.`, { field: "image", cause: error });
  });
  try {
    const { size } = await file.stat();
    if (size > SCREENSHOT_MAX_BYTES) {
      throw new PipitError(
        "SCREENSHOT_TOO_LARGE",
        `${path} has ${size} bytes; the limit is ${SCREENSHOT_MAX_BYTES} (8 MiB). Scale it down first.`,
        { field: "image" },
      );
    }
    return await file.readFile();
  } catch (error) {
    if (error instanceof PipitError) throw error;
    const message = `Cannot attach ${path}: it cannot be read as a file.`;
    throw new PipitError("USAGE", message, { field: "image", cause: error });
  }
}
