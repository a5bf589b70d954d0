import { describe, expect, test } from "vitest";
import { atEnd, reduceEnd, type EndState, type ScrollMetrics } from "./end-follower.ts";

const end: ScrollMetrics = { offsetPx: 1400, contentPx: 2000, viewportPx: 600 };
const reading: EndState = { following: false, unread: false };
const at = (offsetPx: number, contentPx = 2000, viewportPx = 600): ScrollMetrics => ({
  offsetPx,
  contentPx,
  viewportPx,
});

describe("the end of a list that grows", () => {
  test("is followed while the content grows under the viewport", () => {
    expect(reduceEnd(atEnd, { kind: "scrolled", before: end, now: at(1400, 2400) })).toBe(atEnd);
    expect(reduceEnd(atEnd, { kind: "grew" })).toBe(atEnd);
  });

  test("is left when the position moves towards the start, however little", () => {
    expect(reduceEnd(atEnd, { kind: "scrolled", before: end, now: at(1397) })).toEqual(reading);
  });

  test("is left at the first pull of wheel or key, before the position moves", () => {
    expect(reduceEnd(atEnd, { kind: "pulled-up", now: end })).toEqual(reading);
  });

  test("is not left when there is nothing to scroll", () => {
    expect(reduceEnd(atEnd, { kind: "pulled-up", now: at(0, 500) })).toBe(atEnd);
  });

  test("is not left when content shrank or the viewport grew", () => {
    expect(reduceEnd(atEnd, { kind: "scrolled", before: end, now: at(1200, 1900) })).toBe(atEnd);
    expect(reduceEnd(atEnd, { kind: "scrolled", before: end, now: at(1300, 2000, 650) })).toBe(atEnd);
  });

  test("is found again by scrolling down to it", () => {
    expect(reduceEnd(reading, { kind: "scrolled", before: at(1300), now: at(1380) })).toEqual(atEnd);
    expect(reduceEnd(reading, { kind: "scrolled", before: at(1000), now: at(1100) })).toBe(reading);
  });

  test("is not taken up by a small step up from it", () => {
    expect(reduceEnd(reading, { kind: "scrolled", before: end, now: at(1396) })).toBe(reading);
  });

  test("marks what came while the reader was elsewhere, until they return", () => {
    const marked = reduceEnd(reading, { kind: "grew" });
    expect(marked).toEqual({ following: false, unread: true });
    expect(reduceEnd(marked, { kind: "grew" })).toBe(marked);
    expect(reduceEnd(marked, { kind: "jumped" })).toEqual(atEnd);
    expect(reduceEnd(marked, { kind: "scrolled", before: at(1300), now: end })).toEqual(atEnd);
  });

  test("is everything when the content fits", () => {
    expect(reduceEnd(reading, { kind: "laid-out", now: at(0, 400) })).toEqual(atEnd);
    expect(reduceEnd(reading, { kind: "laid-out", now: at(0) })).toBe(reading);
  });
});
