import { afterEach, expect, test, vi } from "vitest";
import { captureScreen } from "./web-screenshot.ts";

afterEach(() => {
  vi.unstubAllGlobals();
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
