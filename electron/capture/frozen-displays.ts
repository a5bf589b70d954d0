import type { DesktopCapturer, Display, NativeImage, Screen } from "electron";
import { pixelsOf, type Region } from "#contract/region.ts";
import {
  fittedSize,
  PREVIEW_JPEG_QUALITY,
  SCREEN_JPEG_QUALITY,
  type ScreenImage,
} from "#contract/screen-image.ts";
import { freezeScreens, type PlacedScreen } from "#engine/node/screen/frozen-screens.ts";
import {
  beforeTimeout,
  screenRefused,
  type ScreenCaptureOptions,
} from "#engine/node/screen/screen-capture.ts";
import type { FrozenDisplay } from "./region-choice.ts";

type Screens = Pick<Screen, "getAllDisplays" | "dipToScreenPoint">;

/** Every display of this system as it is now: through Chromium on macOS, natively elsewhere (screen-source.ts). */
export async function freezeDisplays(
  platform: NodeJS.Platform,
  options: Pick<ScreenCaptureOptions, "display">,
  screen: Screens,
  capturer: Pick<DesktopCapturer, "getSources">,
  signal: AbortSignal,
): Promise<readonly FrozenDisplay[]> {
  const displays = screen.getAllDisplays();
  if (platform === "darwin") return await beforeTimeout(freezeMac(displays, capturer), signal);
  const screens = await freezeScreens(options, signal);
  return displays.flatMap((display): FrozenDisplay[] => {
    const found = screenOf(display, screens, screen);
    return found === undefined ? [] : [{ id: display.id, preview: found.preview, crop: found.crop }];
  });
}

/** By its middle: Electron counts points from one corner, the system pixels from the same, at another scale per display. */
function screenOf(
  { bounds }: Display,
  screens: readonly PlacedScreen[],
  screen: Screens,
): PlacedScreen | undefined {
  const { x, y } = screen.dipToScreenPoint({
    x: bounds.x + bounds.width / 2,
    y: bounds.y + bounds.height / 2,
  });
  return screens.find((one) => x >= one.x && x < one.x + one.width && y >= one.y && y < one.y + one.height);
}

async function freezeMac(
  displays: readonly Display[],
  capturer: Pick<DesktopCapturer, "getSources">,
): Promise<readonly FrozenDisplay[]> {
  const longest = (side: "width" | "height") =>
    Math.max(...displays.map(({ size, scaleFactor }) => Math.round(size[side] * scaleFactor)));
  const sources = await capturer
    .getSources({ types: ["screen"], thumbnailSize: { width: longest("width"), height: longest("height") } })
    .catch((error: unknown) => {
      throw screenRefused(String(error), error);
    });
  return displays.map(({ id }) => {
    const picture = sources.find((source) => source.display_id === String(id))?.thumbnail;
    // Without permission there may be sources with empty pictures.
    if (picture === undefined || picture.isEmpty()) throw screenRefused("the system gave an empty picture");
    return {
      id,
      preview: async () => new Uint8Array(picture.toJPEG(PREVIEW_JPEG_QUALITY)),
      crop: async (region) => cropped(picture, region),
    };
  });
}

function cropped(picture: NativeImage, region: Region): ScreenImage {
  const { left: x, top: y, width, height } = pixelsOf(region, picture.getSize());
  const { widthPx, heightPx } = fittedSize(width, height);
  const part = picture
    .crop({ x, y, width, height })
    .resize({ width: widthPx, height: heightPx, quality: "best" });
  return { bytes: new Uint8Array(part.toJPEG(SCREEN_JPEG_QUALITY)), widthPx, heightPx };
}
