import type { Image, Monitor } from "node-screenshots";
import type { Sharp } from "sharp";
import { IMAGE_MAX_SIDE_PX } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { SCREEN_JPEG_QUALITY, type ScreenImage } from "#contract/screen-image.ts";
import type { Logger } from "#contract/logger.ts";
import type { Screen } from "#engine/ports.ts";

/** The "high" of the original client (docs/reference/streaming.md). */
/** A portal dialog that the user does not answer, or a display server that hangs. */
const CAPTURE_TIMEOUT_MS = 10_000;

export interface ScreenCaptureOptions {
  /** DISPLAY and WAYLAND_DISPLAY of this session; both are ignored off Linux. */
  readonly display: { readonly x11: string | undefined; readonly wayland: string | undefined };
  /** Where the mouse is, in screen pixels, when the host knows it (Electron does). */
  readonly cursor?: () => { readonly x: number; readonly y: number } | undefined;
  /** The host's own way to take the picture, where node-screenshots has none that works (macOS). */
  readonly takePicture?: (() => Promise<ScreenImage>) | undefined;
  readonly logger: Logger;
}

/**
 * Takes a JPEG of the display under the cursor, else the primary one, else the first. The native parts are loaded at the
 * first capture, never before: most sessions take none.
 *
 * On macOS without permission the system gives the bare wallpaper and no error; a host that can ask does so first.
 */
export function createScreenCapture(options: ScreenCaptureOptions): Screen {
  return {
    async capture(signal) {
      if (signal.aborted) throw PipitError.from(signal.reason);
      requireDisplay(options);
      const { takePicture = () => takeNatively(options) } = options;
      return await beforeTimeout(takePicture(), signal);
    },
  };
}

/** The native module must not even be asked without a display: it would wait for, or end with, the display server. */
export function requireDisplay({ display: { x11, wayland } }: Pick<ScreenCaptureOptions, "display">): void {
  if (process.platform === "linux" && (x11 ?? "") === "" && (wayland ?? "") === "")
    throw noDisplay("neither DISPLAY nor WAYLAND_DISPLAY is set");
}

async function takeNatively(options: ScreenCaptureOptions): Promise<ScreenImage> {
  const startedMs = performance.now();
  const [{ Monitor }] = await loadNatives();
  const monitor = chooseMonitor(
    listMonitors(() => Monitor.all()),
    options,
  );
  const image = await monitor.captureImage().catch((error: unknown) => {
    throw screenRefused(String(error), error);
  });
  const taken = await encodeImage(image);
  options.logger.debug("screen.captured", {
    bytes: taken.bytes.byteLength,
    durationMs: Math.round(performance.now() - startedMs),
  });
  return taken;
}

/** What the system gave, as a message carries it; the image is not used again. */
export async function encodeImage(image: Image): Promise<ScreenImage> {
  const [, { default: sharp }] = await loadNatives();
  // `true` moves the pixels into a Buffer of their own.
  const pixels = await image.toRaw(true);
  const picture = sharp(pixels, { raw: { width: image.width, height: image.height, channels: 4 } });
  return await encodePicture(picture.removeAlpha());
}

/** As a message carries it. */
export async function encodePicture(picture: Sharp): Promise<ScreenImage> {
  const { data, info } = await picture
    .resize({ width: IMAGE_MAX_SIDE_PX, height: IMAGE_MAX_SIDE_PX, fit: "inside", withoutEnlargement: true })
    .jpeg({ quality: SCREEN_JPEG_QUALITY })
    .toBuffer({ resolveWithObject: true });
  return {
    bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    widthPx: info.width,
    heightPx: info.height,
  };
}

/** A binary that is missing, or asks for what this system no longer has, fails here. */
export async function loadNatives() {
  try {
    return await Promise.all([import("node-screenshots"), import("sharp")]);
  } catch (error) {
    throw screenRefused(`the native part cannot be loaded: ${String(error)}`, error);
  }
}

export function listMonitors(all: () => Monitor[]): readonly Monitor[] {
  try {
    return all();
  } catch (error) {
    throw noDisplay(String(error), error);
  }
}

function chooseMonitor(monitors: readonly Monitor[], options: ScreenCaptureOptions): Monitor {
  const point = options.cursor?.();
  const chosen =
    (point === undefined ? undefined : monitors.find((monitor) => contains(monitor, point))) ??
    // No display is primary on a bare Xvfb.
    monitors.find((monitor) => monitor.isPrimary()) ??
    monitors[0];
  if (chosen === undefined) throw noDisplay("the display server names no screen");
  return chosen;
}

function contains(monitor: Monitor, point: { readonly x: number; readonly y: number }): boolean {
  const left = monitor.x();
  const top = monitor.y();
  return (
    point.x >= left && point.x < left + monitor.width() && point.y >= top && point.y < top + monitor.height()
  );
}

export async function beforeTimeout<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(PipitError.from(signal.reason));
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(
    () => reject(screenRefused(`no picture within ${CAPTURE_TIMEOUT_MS} ms`)),
    CAPTURE_TIMEOUT_MS,
  );
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

function noDisplay(detail: string, cause?: unknown): PipitError {
  return new PipitError(
    "NO_DISPLAY",
    "There is no screen to take a picture of in this session. Use --image FILE to send a picture.",
    { detail, cause },
  );
}

/** No picture came, for whatever reason; `detail` is for the log. */
export function screenRefused(detail: string, cause?: unknown): PipitError {
  return new PipitError(
    "SCREEN_REFUSED",
    "The system did not give a picture of the screen. Allow screen recording for this program in the system settings, or use --image FILE.",
    { detail, cause },
  );
}
