import { expect, test } from "vitest";
import { placeOn } from "./window-place.ts";

const workArea = { x: 0, y: 25, width: 1440, height: 875 };

test("a window that was never moved comes up in the upper middle", () => {
  expect(placeOn(workArea, undefined)).toEqual({ x: 500, y: 90, width: 440, height: 680 });
});

test("it comes up where it was", () => {
  const last = { x: 900, y: 100, width: 500, height: 600 };
  expect(placeOn(workArea, last)).toEqual(last);
});

test.each([
  ["off the right edge", { x: 5_000, y: 100, width: 440, height: 680 }],
  ["off the top left", { x: -2_000, y: -2_000, width: 440, height: 680 }],
  ["larger than the display", { x: 0, y: 0, width: 9_000, height: 9_000 }],
  ["too small to use", { x: 0, y: 0, width: 1, height: 1 }],
])("a place %s is brought wholly into view", (_, last) => {
  const { x, y, width, height } = placeOn(workArea, last);
  expect(x).toBeGreaterThanOrEqual(workArea.x);
  expect(y).toBeGreaterThanOrEqual(workArea.y);
  expect(x + width).toBeLessThanOrEqual(workArea.x + workArea.width);
  expect(y + height).toBeLessThanOrEqual(workArea.y + workArea.height);
  expect(width).toBeGreaterThanOrEqual(360);
});

test("a display smaller than the least window is filled", () => {
  const small = { x: 10, y: 20, width: 300, height: 200 };
  expect(placeOn(small, undefined)).toEqual(small);
});
