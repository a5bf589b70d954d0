import { afterEach, expect, test, vi } from "vitest";
import { captureScreen, fit } from "./web-screenshot.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

test.each([
  [3840, 2160, 1568, 882],
  [1080, 2400, 706, 1568],
  [800, 600, 800, 600],
  [10_000, 1, 1568, 1],
])("a picture of %i x %i is sent as %i x %i", (width, height, widthPx, heightPx) => {
  expect(fit(width, height)).toEqual({ widthPx, heightPx });
});

test.each([
  [{}, "NO_DISPLAY"],
  [
    { mediaDevices: { getDisplayMedia: () => Promise.reject(new DOMException("", "NotAllowedError")) } },
    "SCREEN_REFUSED",
  ],
  [
    { mediaDevices: { getDisplayMedia: () => Promise.reject(new DOMException("", "NotFoundError")) } },
    "NO_DISPLAY",
  ],
])("a browser that gives no picture says why (%#)", async (navigator, code) => {
  vi.stubGlobal("navigator", navigator);
  await expect(captureScreen()).rejects.toMatchObject({ code });
});
