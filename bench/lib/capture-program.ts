// Forked by bench/capture.ts with the DISPLAY of a fresh Xvfb in its environment, which the native module reads itself.
import { createScreenCapture } from "#engine/node/screen/screen-capture.ts";

const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const screen = createScreenCapture({ display: { x11: process.argv[2], wayland: undefined }, logger });

process.on("message", () => {
  void (async () => {
    const startedMs = performance.now();
    const { widthPx, heightPx, bytes } = await screen.capture(new AbortController().signal);
    const durationMs = performance.now() - startedMs;
    process.send?.({ durationMs, widthPx, heightPx, byteLength: bytes.byteLength });
  })();
});
