import type { Monitor } from "node-screenshots";
import { pixelsOf, type Region } from "#contract/region.ts";
import { PREVIEW_JPEG_QUALITY, type ScreenImage } from "#contract/screen-image.ts";
import {
  beforeTimeout,
  encodePicture,
  listMonitors,
  loadNatives,
  requireDisplay,
  screenRefused,
  type ScreenCaptureOptions,
} from "./screen-capture.ts";

/** One display as it was in one moment, in memory. */
export interface FrozenScreen {
  /** The whole of it as a JPEG, to be shown. */
  preview(): Promise<Uint8Array>;
  /** A part of it, as a message can carry it. */
  crop(region: Region): Promise<ScreenImage>;
}

/** A frozen screen, and where it is on the desktop: pixels of the system. */
export interface PlacedScreen extends FrozenScreen {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Takes a picture of every display at once.
 *
 * @throws PipitError NO_DISPLAY, SCREEN_REFUSED, CANCELLED
 */
export async function freezeScreens(
  options: Pick<ScreenCaptureOptions, "display">,
  signal: AbortSignal,
): Promise<readonly PlacedScreen[]> {
  requireDisplay(options);
  return await beforeTimeout(freezeAll(), signal);
}

async function freezeAll(): Promise<readonly PlacedScreen[]> {
  const [{ Monitor }] = await loadNatives();
  return await Promise.all(listMonitors(() => Monitor.all()).map(freeze));
}

async function freeze(monitor: Monitor): Promise<PlacedScreen> {
  const place = { x: monitor.x(), y: monitor.y(), width: monitor.width(), height: monitor.height() };
  const [, { default: sharp }] = await loadNatives();
  const image = await monitor.captureImage().catch((error: unknown) => {
    throw screenRefused(String(error), error);
  });
  const pixels = await image.toRaw(true);
  const { width, height } = image;
  const picture = () => sharp(pixels, { raw: { width, height, channels: 4 } }).removeAlpha();
  return {
    ...place,
    preview: async () => new Uint8Array(await picture().jpeg({ quality: PREVIEW_JPEG_QUALITY }).toBuffer()),
    crop: async (region) => await encodePicture(picture().extract(pixelsOf(region, { width, height }))),
  };
}
