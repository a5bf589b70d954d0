import sharp from "sharp";

/** Corners of the panel, in pixels of a picture at twice the size. */
const RADIUS_PX = 32;
const MARGIN_PX = 64;
const SHADOW_BLUR_PX = 18;
const SHADOW_DOWN_PX = 12;

/** As small as it gets without being seen: at most 256 colours, as screens of text have. */
export async function writePicture(png: Buffer, path: string): Promise<void> {
  await sharp(png).png({ palette: true, quality: 90, compressionLevel: 9, effort: 10 }).toFile(path);
}

/** Panels side by side with round corners and a shadow, on nothing, so that it fits a light page and a dark one. */
export async function writeSideBySide(pngs: readonly Buffer[], path: string): Promise<void> {
  const panels = await Promise.all(pngs.map(roundCorners));
  const widthPx = Math.max(...panels.map((panel) => panel.widthPx));
  const heightPx = Math.max(...panels.map((panel) => panel.heightPx));
  const step = widthPx + MARGIN_PX;
  const shadow = await makeShadow(widthPx, heightPx);
  const layers = panels.flatMap(({ png }, index) => {
    const left = MARGIN_PX + step * index;
    return [
      { input: shadow, left: left - MARGIN_PX, top: SHADOW_DOWN_PX },
      { input: png, left, top: MARGIN_PX },
    ];
  });
  const canvas = {
    width: MARGIN_PX + step * panels.length,
    height: heightPx + 2 * MARGIN_PX + SHADOW_DOWN_PX,
    channels: 4,
    background: "#0000",
  } as const;
  // In full colour: a palette has too few steps for a shadow.
  await sharp({ create: canvas }).composite(layers).png({ compressionLevel: 9, effort: 10 }).toFile(path);
}

interface Panel {
  readonly png: Buffer;
  readonly widthPx: number;
  readonly heightPx: number;
}

async function roundCorners(picture: Buffer): Promise<Panel> {
  const { width, height } = await sharp(picture).metadata();
  const mask = `<svg width="${width}" height="${height}"><rect width="${width}" height="${height}" rx="${RADIUS_PX}"/></svg>`;
  const png = await sharp(picture)
    .composite([{ input: Buffer.from(mask), blend: "dest-in" }])
    .png()
    .toBuffer();
  return { png, widthPx: width, heightPx: height };
}

async function makeShadow(widthPx: number, heightPx: number): Promise<Buffer> {
  const box = `width="${widthPx}" height="${heightPx}" x="${MARGIN_PX}" y="${MARGIN_PX}" rx="${RADIUS_PX}"`;
  const size = `width="${widthPx + 2 * MARGIN_PX}" height="${heightPx + 2 * MARGIN_PX}"`;
  const svg = `<svg ${size}><rect ${box} fill="#000" fill-opacity="0.28"/></svg>`;
  return sharp(Buffer.from(svg)).blur(SHADOW_BLUR_PX).png().toBuffer();
}
