import type { DesktopCapturer } from "electron";
import { IMAGE_MAX_SIDE_PX } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { SCREEN_JPEG_QUALITY, type ScreenImage, type WindowPicture } from "#contract/screen-image.ts";
import { beforeTimeout, screenRefused } from "#engine/node/screen/screen-capture.ts";

const THUMBNAIL = { width: 320, height: 200 } as const;
const THUMBNAIL_QUALITY = 75;
/** More could not be told apart. */
const WINDOWS_MAX = 40;

export interface WindowPicturesOptions {
  readonly capturer: Pick<DesktopCapturer, "getSources">;
  /** What Chromium calls our own windows, which are never shown. */
  readonly ownSources: () => ReadonlySet<string>;
}

/** Pictures of the windows of other programs, through Chromium on every system. */
export type WindowPictures = ReturnType<typeof createWindowPictures>;

export function createWindowPictures({ capturer, ownSources }: WindowPicturesOptions) {
  const sources = async (width: number, height: number, signal: AbortSignal) => {
    const asked = capturer.getSources({ types: ["window"], thumbnailSize: { width, height } });
    const found = await beforeTimeout(
      asked.catch((error: unknown) => {
        throw screenRefused(String(error), error);
      }),
      signal,
    );
    const own = ownSources();
    return found.filter(({ id, thumbnail }) => !own.has(id) && !thumbnail.isEmpty());
  };
  return {
    /** The frontmost first, as the system lists them. @throws PipitError SCREEN_REFUSED, CANCELLED */
    async list(signal: AbortSignal): Promise<readonly WindowPicture[]> {
      const found = await sources(THUMBNAIL.width, THUMBNAIL.height, signal);
      return found.slice(0, WINDOWS_MAX).map(({ id, name, thumbnail }) => ({
        id,
        title: name,
        bytes: new Uint8Array(thumbnail.toJPEG(THUMBNAIL_QUALITY)),
      }));
    },
    /** @throws PipitError as list, and WINDOW_GONE for one that was closed meanwhile */
    async capture(id: string, signal: AbortSignal): Promise<ScreenImage> {
      const found = await sources(IMAGE_MAX_SIDE_PX, IMAGE_MAX_SIDE_PX, signal);
      const picture = found.find((source) => source.id === id)?.thumbnail;
      if (picture === undefined) throw windowGone();
      const { width, height } = picture.getSize();
      return { bytes: new Uint8Array(picture.toJPEG(SCREEN_JPEG_QUALITY)), widthPx: width, heightPx: height };
    },
  };
}

function windowGone(): PipitError {
  return new PipitError("WINDOW_GONE", "This window is not open any more. Choose another one.");
}
