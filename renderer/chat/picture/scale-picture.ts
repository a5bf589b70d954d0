import { SCREENSHOT_MAX_BYTES } from "#contract/limits.ts";
import { fittedSize, type ScreenImage } from "#contract/screen-image.ts";
import type { PictureType } from "./image-header.ts";
import { mayPass } from "./prepare-image.ts";

const quality = 0.9;

/**
 * Decodes a picture, upright as its metadata says, and makes it fit. Blocks its thread while it scales, so it belongs
 * into a worker. Rejects for what cannot be decoded.
 */
export async function scalePicture(file: Blob, type: PictureType): Promise<ScreenImage> {
  using bitmap = disposable(await createImageBitmap(file));
  const { width, height } = bitmap.value;
  if (mayPass(file.size, width, height)) {
    return { bytes: new Uint8Array(await file.arrayBuffer()), widthPx: width, heightPx: height };
  }
  const { widthPx, heightPx } = fittedSize(width, height);
  const own = await draw(bitmap.value, widthPx, heightPx, type);
  // A PNG of a photograph may still be too heavy.
  const encoded =
    own.size <= SCREENSHOT_MAX_BYTES ? own : await draw(bitmap.value, widthPx, heightPx, "jpeg");
  return { bytes: new Uint8Array(await encoded.arrayBuffer()), widthPx, heightPx };
}

async function draw(
  bitmap: ImageBitmap,
  widthPx: number,
  heightPx: number,
  type: PictureType,
): Promise<Blob> {
  const canvas = new OffscreenCanvas(widthPx, heightPx);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser gives no canvas.");
  context.imageSmoothingQuality = "high";
  if (type === "jpeg") {
    // JPEG has no transparency; what shines through is white paper.
    context.fillStyle = "white";
    context.fillRect(0, 0, widthPx, heightPx);
  }
  context.drawImage(bitmap, 0, 0, widthPx, heightPx);
  return canvas.convertToBlob({ type: `image/${type}`, quality });
}

function disposable(value: ImageBitmap): { readonly value: ImageBitmap } & Disposable {
  return { value, [Symbol.dispose]: () => value.close() };
}
