import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { freezeScreens } from "./frozen-screens.ts";
import { createScreenCapture, type ScreenCaptureOptions } from "./screen-capture.ts";
import { requireVariable } from "../testing/config.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";

const never = new AbortController().signal;
const logger = createFakeLogger();
let display = "";

beforeAll(() => {
  display = requireVariable("DISPLAY");
});

function screen(options: Partial<ScreenCaptureOptions> = {}) {
  return createScreenCapture({ display: { x11: display, wayland: undefined }, logger, ...options });
}

describe("a picture of the screen", () => {
  test("is a JPEG of its size", async () => {
    const image = await screen().capture(never);
    expect([...image.bytes.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
    expect(await sharp(image.bytes).metadata()).toMatchObject({ format: "jpeg", width: 1280, height: 800 });
    expect(image).toMatchObject({ widthPx: 1280, heightPx: 800 });
  });

  test("is taken of the display under the cursor, or of the first when the cursor is nowhere", async () => {
    for (const point of [{ x: 5, y: 5 }, { x: -9_999, y: 0 }, undefined]) {
      expect(await screen({ cursor: () => point }).capture(never)).toMatchObject({ widthPx: 1280 });
    }
  });

  test("without a display is NO_DISPLAY, at once", async () => {
    for (const none of [undefined, ""]) {
      await expect(screen({ display: { x11: none, wayland: none } }).capture(never)).rejects.toMatchObject({
        code: "NO_DISPLAY",
      });
    }
  });

  test("that is aborted is CANCELLED", async () => {
    await expect(screen().capture(AbortSignal.abort())).rejects.toMatchObject({ code: "CANCELLED" });
    const abort = new AbortController();
    const taking = screen().capture(abort.signal);
    abort.abort();
    await expect(taking).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("a frozen screen", () => {
  test("gives the pixels of the part that was chosen, to the edge", async () => {
    const [frozen] = await freezeScreens({ display: { x11: display, wayland: undefined } }, never);
    expect(frozen).toMatchObject({ x: 0, y: 0, width: 1280, height: 800 });
    const preview = await sharp(await frozen?.preview()).metadata();
    expect(preview).toMatchObject({ format: "jpeg", width: 1280, height: 800 });
    const part = await frozen?.crop({ x: 0.5, y: 0.25, width: 0.25, height: 0.5 });
    expect(part).toMatchObject({ widthPx: 320, heightPx: 400 });
    expect(await frozen?.crop({ x: 1, y: 1, width: 1, height: 0 })).toMatchObject({
      widthPx: 1,
      heightPx: 1,
    });
  });

  test("without a display is NO_DISPLAY", async () => {
    const none = { display: { x11: undefined, wayland: undefined } };
    await expect(freezeScreens(none, never)).rejects.toMatchObject({ code: "NO_DISPLAY" });
  });
});
