import sharp from "sharp";
import { IMAGE_MAX_SIDE_PX } from "#contract/limits.ts";
import type { Picture } from "#server/domain/chats/ports.ts";

/** Decoded, in bytes: an 8K screen with transparency. More is a decompression bomb: a few KB may unpack to gigabytes. */
const MAX_DECODED_BYTES = 150_000_000;
/** An interlaced picture is decoded as a whole, not line by line. */
const MAX_INTERLACED_PIXELS = 16_000_000;
const JPEG_QUALITY = 82;

/** Bytes of one sample by libvips' name of its type; a picture that we take has no others. */
const sampleBytes: Readonly<Record<string, number>> = { uchar: 1, ushort: 2, float: 4 };

/** A picture for a model, or its size when it is too large to be read. */
export type Scaled =
  | Picture
  | { readonly tooLarge: { readonly width: number; readonly height: number; readonly interlaced: boolean } };

/**
 * The picture as a model sees it: JPEG, longest side at most 1568 px, upright, without the metadata a camera or screen
 * tool left in it. Throws for a broken or cut-off file. Runs in a process of its own (`picture-process.ts`).
 */
export async function scalePicture(bytes: Uint8Array): Promise<Scaled> {
  const image = sharp(bytes, { limitInputPixels: false });
  const { width, height, channels, depth, isProgressive } = await image.metadata();
  const pixels = width * height;
  const interlaced = isProgressive && pixels > MAX_INTERLACED_PIXELS;
  if (interlaced || pixels * channels * (sampleBytes[depth] ?? 8) > MAX_DECODED_BYTES) {
    return { tooLarge: { width, height, interlaced } };
  }
  const { data: jpeg, info } = await image
    .rotate()
    .resize({
      width: IMAGE_MAX_SIDE_PX,
      height: IMAGE_MAX_SIDE_PX,
      fit: "inside",
      withoutEnlargement: true,
    })
    .flatten({ background: "#ffffff" })
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer({ resolveWithObject: true });
  return { jpeg, width: info.width, height: info.height };
}
