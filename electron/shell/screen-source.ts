import type { DesktopCapturer, Screen } from "electron";
import { IMAGE_MAX_SIDE_PX } from "#contract/limits.ts";
import { SCREEN_JPEG_QUALITY, type ScreenImage } from "#contract/screen-image.ts";
import { screenRefused, type ScreenCaptureOptions } from "#engine/node/screen/screen-capture.ts";

/** As that of pictures taken natively (screen-capture.ts). */

type Screens = Pick<Screen, "getCursorScreenPoint" | "getDisplayNearestPoint" | "dipToScreenPoint">;

/** How this system's screen is photographed from Electron. */
export function screenSource(
  platform: NodeJS.Platform,
  screen: Screens,
  capturer: Pick<DesktopCapturer, "getSources">,
): Pick<ScreenCaptureOptions, "cursor" | "takePicture"> {
  if (platform === "darwin") return { takePicture: () => takeMacScreen(capturer, screen) };
  // node-screenshots counts pixels, Electron points, which are larger on a scaled display.
  return { cursor: () => screen.dipToScreenPoint(screen.getCursorScreenPoint()) };
}

/**
 * Takes a JPEG of the display under the cursor through Chromium, which follows macOS from one way of capturing to the next;
 * the call that older native modules use is gone from macOS 15. It also makes the system ask for its permission.
 *
 * @throws PipitError SCREEN_REFUSED
 */
async function takeMacScreen(
  capturer: Pick<DesktopCapturer, "getSources">,
  screen: Screens,
): Promise<ScreenImage> {
  const { id, size, scaleFactor } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint());
  const sources = await capturer
    .getSources({ types: ["screen"], thumbnailSize: pictureSize(size, scaleFactor) })
    .catch((error: unknown) => {
      throw screenRefused(String(error), error);
    });
  const { thumbnail } = sources.find((source) => source.display_id === String(id)) ?? sources[0] ?? {};
  // Without permission there may be sources with empty pictures.
  if (thumbnail === undefined || thumbnail.isEmpty()) throw screenRefused("the system gave an empty picture");
  const { width, height } = thumbnail.getSize();
  return { bytes: new Uint8Array(thumbnail.toJPEG(SCREEN_JPEG_QUALITY)), widthPx: width, heightPx: height };
}

/** In pixels of the display, and no larger than what a model is sent. */
function pictureSize(size: { readonly width: number; readonly height: number }, scaleFactor: number) {
  const longest = Math.max(size.width, size.height) * scaleFactor;
  const scale = scaleFactor * Math.min(1, IMAGE_MAX_SIDE_PX / longest);
  return { width: Math.round(size.width * scale), height: Math.round(size.height * scale) };
}
