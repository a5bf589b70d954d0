import type { DesktopCapturerSource } from "electron";
import { describe, expect, test } from "vitest";
import { screenSource } from "./screen-source.ts";

/** Two displays side by side, the right one with two pixels to a point; the cursor is there. */
const screen = {
  getCursorScreenPoint: () => ({ x: 2_000, y: 100 }),
  getDisplayNearestPoint: () => ({ id: 7, size: { width: 1_440, height: 900 }, scaleFactor: 2 }) as never,
  dipToScreenPoint: ({ x, y }: { readonly x: number; readonly y: number }) => ({ x: x * 2, y: y * 2 }),
};

function source(displayId: string, bytes: readonly number[]): DesktopCapturerSource {
  const thumbnail = {
    isEmpty: () => bytes.length === 0,
    getSize: () => ({ width: 1_568, height: 980 }),
    toJPEG: () => Buffer.from(bytes),
  };
  return { display_id: displayId, thumbnail } as unknown as DesktopCapturerSource;
}

describe("[D6] on macOS, Chromium takes the picture", () => {
  const asked: unknown[] = [];
  const take = (answer: () => Promise<DesktopCapturerSource[]>) =>
    screenSource("darwin", screen, {
      getSources: (options) => {
        asked.push(options);
        return answer();
      },
    }).takePicture?.();

  test("of the display under the cursor, in pixels and no larger than a model reads", async () => {
    const image = await take(async () => [source("1", [1]), source("7", [2])]);
    expect(image).toEqual({ bytes: Uint8Array.of(2), widthPx: 1_568, heightPx: 980 });
    expect(asked).toEqual([{ types: ["screen"], thumbnailSize: { width: 1_568, height: 980 } }]);
  });

  test.each([
    ["a refusal", () => Promise.reject(new Error("Failed to get sources."))],
    ["no source", async () => []],
    ["an empty picture", async () => [source("7", [])]],
  ])("%s is SCREEN_REFUSED", async (_, answer) => {
    await expect(take(answer)).rejects.toMatchObject({ code: "SCREEN_REFUSED" });
  });
});

test("elsewhere, the cursor is told in pixels, as the monitors are", () => {
  const capturer = { getSources: () => Promise.reject(new Error("not asked")) };
  const { cursor, takePicture } = screenSource("win32", screen, capturer);
  expect([cursor?.(), takePicture]).toEqual([{ x: 4_000, y: 200 }, undefined]);
});
