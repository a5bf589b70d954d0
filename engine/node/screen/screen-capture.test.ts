import { describe, expect, test, vi } from "vitest";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { createScreenCapture, type ScreenCaptureOptions } from "./screen-capture.ts";

const never = new AbortController().signal;
const display = { x11: ":0", wayland: undefined };

function screen(options: Partial<ScreenCaptureOptions> = {}) {
  return createScreenCapture({ display, logger: createFakeLogger(), ...options });
}

describe("[D6] a way to take the picture that", () => {
  test("never answers ends as SCREEN_REFUSED", async () => {
    vi.useFakeTimers();
    try {
      const taken = screen({ takePicture: () => new Promise(() => undefined) }).capture(never);
      const refused = expect(taken).rejects.toMatchObject({ code: "SCREEN_REFUSED" });
      await vi.advanceTimersByTimeAsync(10_000);
      await refused;
    } finally {
      vi.useRealTimers();
    }
  });

  test("cannot be loaded is SCREEN_REFUSED, with the reason for the log", async () => {
    vi.doMock("node-screenshots", () => {
      throw new Error("Symbol not found: _CGWindowListCreateImage");
    });
    try {
      await expect(screen().capture(never)).rejects.toMatchObject({
        code: "SCREEN_REFUSED",
        detail: expect.stringContaining("cannot be loaded"),
      });
    } finally {
      vi.doUnmock("node-screenshots");
    }
  });
});
