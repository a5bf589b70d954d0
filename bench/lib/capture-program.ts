// Forked by bench/capture.ts with the DISPLAY of a fresh Xvfb in its environment, which the native module reads itself.
import { freezeScreens } from "#engine/node/screen/frozen-screens.ts";
import { createScreenCapture } from "#engine/node/screen/screen-capture.ts";

const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const display = { x11: process.argv[2], wayland: undefined };
const screen = createScreenCapture({ display, logger });
const never = new AbortController().signal;

/** All that the machine does between the hotkey and the picture in the composer, without the person's part of it. */
async function takeRegion() {
  const [frozen] = await freezeScreens({ display }, never);
  if (frozen === undefined) throw new Error("There is no display.");
  await frozen.preview();
  return await frozen.crop({ x: 0.25, y: 0.25, width: 0.5, height: 0.5 });
}

process.on("message", (area) => {
  void (async () => {
    const startedMs = performance.now();
    const { widthPx, heightPx, bytes } = await (area === "region" ? takeRegion() : screen.capture(never));
    const durationMs = performance.now() - startedMs;
    process.send?.({ durationMs, widthPx, heightPx, byteLength: bytes.byteLength });
  })();
});
