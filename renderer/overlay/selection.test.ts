import { expect, test } from "vitest";
import { asRegion, isClick, nudged, spanned } from "./selection.ts";

const page = { width: 800, height: 600 };
const key = (name: string, held: { shiftKey?: boolean; altKey?: boolean } = {}) => ({
  key: name,
  shiftKey: false,
  altKey: false,
  ...held,
});

test("a drag in any direction spans a rectangle inside the page", () => {
  const rect = { x: 0, y: 100, width: 300, height: 200 };
  expect(spanned({ x: 300, y: 300 }, { x: -20, y: 100 }, page)).toEqual(rect);
  expect(asRegion(rect, page)).toEqual({ x: 0, y: 1 / 6, width: 0.375, height: 1 / 3 });
  expect([isClick(rect), isClick(spanned({ x: 1, y: 1 }, { x: 9, y: 2 }, page))]).toEqual([false, true]);
});

test("arrow keys make a rectangle in the middle, move it, and with Shift size it, up to the edges", () => {
  const first = nudged(undefined, key("ArrowDown"), page);
  expect(first).toEqual({ x: 200, y: 150, width: 400, height: 300 });
  expect(nudged(first, key("ArrowRight"), page)).toMatchObject({ x: 216, width: 400 });
  expect(nudged(first, key("ArrowUp", { altKey: true }), page)).toMatchObject({ y: 149 });
  expect(nudged(first, key("ArrowLeft", { shiftKey: true }), page)).toMatchObject({ x: 200, width: 384 });
  const atEdge = { x: 0, y: 590, width: 800, height: 10 };
  expect(nudged(atEdge, key("ArrowDown"), page)).toEqual(atEdge);
  expect(nudged(atEdge, key("ArrowDown", { shiftKey: true }), page)).toEqual(atEdge);
  expect(nudged(first, key("a"), page)).toBeUndefined();
});
