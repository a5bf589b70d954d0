import type { Region } from "#contract/region.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}
export interface Point {
  readonly x: number;
  readonly y: number;
}
/** In CSS pixels of the page. */
export interface Rect extends Point, Size {}

/** What one press of an arrow key moves, without and with Alt. */
const STEP_PX = 16;
const FINE_STEP_PX = 1;
/** A smaller one was a click. */
const LEAST_PX = 4;

/** The rectangle between two points of the page. */
export function spanned(from: Point, to: Point, page: Size): Rect {
  const [left, right] = [from.x, to.x].map((x) => clamp(x, 0, page.width)).toSorted((a, b) => a - b);
  const [top, bottom] = [from.y, to.y].map((y) => clamp(y, 0, page.height)).toSorted((a, b) => a - b);
  return { x: left ?? 0, y: top ?? 0, width: (right ?? 0) - (left ?? 0), height: (bottom ?? 0) - (top ?? 0) };
}

/** A drag too short to have been meant. */
export function isClick({ width, height }: Rect): boolean {
  return width < LEAST_PX || height < LEAST_PX;
}

const arrows: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** An arrow key moves the rectangle, with Shift its lower right corner; the first one makes one in the middle. */
export function nudged(
  rect: Rect | undefined,
  { key, shiftKey, altKey }: Pick<KeyboardEvent, "key" | "shiftKey" | "altKey">,
  page: Size,
): Rect | undefined {
  const arrow = arrows[key];
  if (arrow === undefined) return undefined;
  if (rect === undefined)
    return { x: page.width / 4, y: page.height / 4, width: page.width / 2, height: page.height / 2 };
  const step = altKey ? FINE_STEP_PX : STEP_PX;
  const [dx, dy] = [arrow.x * step, arrow.y * step];
  if (shiftKey)
    return {
      ...rect,
      width: clamp(rect.width + dx, LEAST_PX, page.width - rect.x),
      height: clamp(rect.height + dy, LEAST_PX, page.height - rect.y),
    };
  return {
    ...rect,
    x: clamp(rect.x + dx, 0, page.width - rect.width),
    y: clamp(rect.y + dy, 0, page.height - rect.height),
  };
}

/** As shares of the page, which is as large as its display. */
export function asRegion({ x, y, width, height }: Rect, page: Size): Region {
  return {
    x: share(x, page.width),
    y: share(y, page.height),
    width: share(width, page.width),
    height: share(height, page.height),
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

function share(value: number, whole: number): number {
  return clamp(value / whole, 0, 1);
}
