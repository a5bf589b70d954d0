import * as z from "zod/mini";

const share = z.number().check(z.minimum(0), z.maximum(1));

/** A part of a display, each side as a share of the display's: so no scale of a display can put it elsewhere. */
export const regionSchema = z.strictObject({ x: share, y: share, width: share, height: share });
export type Region = Readonly<z.infer<typeof regionSchema>>;

/** What stands on a display while the person chooses a part of it. */
export interface RegionPicture {
  /** JPEG of the whole display, as it was when the choice began. */
  readonly bytes: Uint8Array;
  readonly texts: { readonly name: string; readonly hint: string };
  readonly language: string;
}

/** The part in whole pixels of a picture, at least one. */
export function pixelsOf(
  { x, y, width, height }: Region,
  size: { readonly width: number; readonly height: number },
) {
  const left = Math.min(Math.floor(x * size.width), size.width - 1);
  const top = Math.min(Math.floor(y * size.height), size.height - 1);
  return {
    left,
    top,
    width: Math.max(1, Math.min(Math.round(width * size.width), size.width - left)),
    height: Math.max(1, Math.min(Math.round(height * size.height), size.height - top)),
  };
}
