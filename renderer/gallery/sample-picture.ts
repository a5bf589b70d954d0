import type { ScreenImage } from "#contract/screen-image.ts";

/** A picture of one colour. */
export async function picture(widthPx: number, heightPx: number, colour = "teal"): Promise<ScreenImage> {
  const canvas = new OffscreenCanvas(widthPx, heightPx);
  const context = canvas.getContext("2d");
  if (context !== null) {
    context.fillStyle = colour;
    context.fillRect(0, 0, widthPx, heightPx);
  }
  const encoded = await canvas.convertToBlob({ type: "image/png" });
  return { bytes: new Uint8Array(await encoded.arrayBuffer()), widthPx, heightPx };
}
