import type { Window } from "node-screenshots";
import type { ScreenImage } from "#contract/screen-image.ts";
import {
  beforeTimeout,
  encodeImage,
  loadNatives,
  requireDisplay,
  screenRefused,
  type ScreenCaptureOptions,
} from "./screen-capture.ts";

/** A picture of a window, with the name of its program. */
export interface WindowBehind {
  readonly program: string;
  readonly image: ScreenImage;
}

/**
 * Takes a picture of the window that lies right behind the one with the keyboard: from a terminal, the one that its person
 * looked at before. Undefined where there is none. Only X11 and Windows tell a program of the windows of others.
 *
 * @throws PipitError NO_DISPLAY, SCREEN_REFUSED, CANCELLED
 */
export async function captureWindowBehind(
  options: Pick<ScreenCaptureOptions, "display">,
  signal: AbortSignal,
): Promise<WindowBehind | undefined> {
  requireDisplay(options);
  return await beforeTimeout(takeBehind(), signal);
}

async function takeBehind(): Promise<WindowBehind | undefined> {
  const [{ Window }] = await loadNatives();
  try {
    const found = windowBehind(Window.all());
    if (found === undefined) return undefined;
    return { program: found.appName(), image: await encodeImage(await found.captureImage()) };
  } catch (error) {
    throw screenRefused(String(error), error);
  }
}

/** Panels and docks lie over the one with the keyboard, and are none of them. */
function windowBehind(all: readonly Window[]): Window | undefined {
  const seen = all.filter((window) => !window.isMinimized()).toSorted((one, other) => other.z() - one.z());
  return seen[seen.findIndex((window) => window.isFocused()) + 1];
}
