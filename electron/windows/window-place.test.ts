import { describe, expect, test } from "vitest";
import { barOf, grownFrom, isSamePlace, PANEL_SIZES, placeOn, within } from "./window-place.ts";

const workArea = { x: 0, y: 25, width: 1440, height: 875 };

test("a window that was never moved comes up in the upper middle", () => {
  expect(placeOn(workArea, undefined, PANEL_SIZES)).toEqual({ x: 500, y: 90, width: 440, height: 680 });
});

test("it comes up where it was", () => {
  const last = { x: 900, y: 100, width: 500, height: 600 };
  expect(placeOn(workArea, last, PANEL_SIZES)).toEqual(last);
});

test.each([
  ["off the right edge", { x: 5_000, y: 100, width: 440, height: 680 }],
  ["off the top left", { x: -2_000, y: -2_000, width: 440, height: 680 }],
  ["larger than the display", { x: 0, y: 0, width: 9_000, height: 9_000 }],
  ["too small to use", { x: 0, y: 0, width: 1, height: 1 }],
])("a place %s is brought wholly into view", (_, last) => {
  const { x, y, width, height } = placeOn(workArea, last, PANEL_SIZES);
  expect(x).toBeGreaterThanOrEqual(workArea.x);
  expect(y).toBeGreaterThanOrEqual(workArea.y);
  expect(x + width).toBeLessThanOrEqual(workArea.x + workArea.width);
  expect(y + height).toBeLessThanOrEqual(workArea.y + workArea.height);
  expect(width).toBeGreaterThanOrEqual(360);
});

test("a display smaller than the least window is filled", () => {
  const small = { x: 10, y: 20, width: 300, height: 200 };
  expect(placeOn(small, undefined, PANEL_SIZES)).toEqual(small);
});

describe("the bar and what it grows into", () => {
  const size = { width: 640, height: 600 };

  test("it stands along the lower edge of the chat, and grows back into the same place", () => {
    const place = { x: 400, y: 100, ...size };
    const bar = barOf(place, 80);
    expect(bar).toEqual({ x: 400, y: 620, width: 640, height: 80 });
    expect(grownFrom(bar, size, workArea)).toEqual(place);
  });

  test.each([
    ["upward, where there is room above it", 700, 180],
    ["downward, where there is none", 100, 100],
    ["as far as the display goes, where there is room in neither direction", 500, 300],
  ])("it grows %s", (_, y, grownY) => {
    expect(grownFrom({ x: 400, y, width: 640, height: 80 }, size, workArea)).toEqual({
      x: 400,
      y: grownY,
      ...size,
    });
  });

  test("it stays on the display sideways as well", () => {
    const bar = within(workArea, { x: -300, y: 700, width: 640, height: 80 });
    expect(bar.x).toBe(0);
    expect(grownFrom(bar, { width: 900, height: 600 }, workArea).x).toBe(0);
  });
});

test("what a system rounds is the same place, and a step of a person is another", () => {
  const place = { x: 10, y: 10, width: 400, height: 500 };
  expect(isSamePlace(place, { ...place, x: 5, width: 405 })).toBe(true);
  expect(isSamePlace(place, { ...place, y: 20 })).toBe(false);
});
