/** A rectangle on the desktop, in points of the display. */
export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export type Size = Pick<Bounds, "width" | "height">;

/** Sizes of one sort of window: before the user changed it, and the least that is of use. */
export interface Sizes {
  readonly first: Size;
  readonly least: Size;
}
/** Below the least size the composer and an answer no longer fit together. */
export const PANEL_SIZES: Sizes = { first: { width: 440, height: 680 }, least: { width: 360, height: 420 } };
/** What the bar grows into is as wide as the bar. */
export const GROWN_SIZES: Sizes = { first: { width: 640, height: 680 }, least: PANEL_SIZES.least };
export const FRAMED_SIZES: Sizes = { first: { width: 860, height: 720 }, least: PANEL_SIZES.least };
const BAR_WIDTH = 640;

/** Share of the free height that stays above a window that was never moved: where quick windows are looked for. */
const ABOVE = 1 / 3;
/** Where the window is may differ by so much from where it was put: systems round by the scale of the display. */
const ROUNDED_BY = 8;

/** Where the window comes up on a display: where it was last, else in its upper middle; always wholly visible. */
export function placeOn(workArea: Bounds, last: Bounds | undefined, { first, least }: Sizes): Bounds {
  const width = clamp(last?.width ?? first.width, least.width, workArea.width);
  const height = clamp(last?.height ?? first.height, least.height, workArea.height);
  const x = last?.x ?? workArea.x + (workArea.width - width) / 2;
  const y = last?.y ?? workArea.y + (workArea.height - height) * ABOVE;
  return within(workArea, { x, y, width, height });
}

/** The same rectangle, moved wholly into the area, and made smaller only where it is larger than that. */
export function within(area: Bounds, { x, y, ...size }: Bounds): Bounds {
  const width = Math.min(size.width, area.width);
  const height = Math.min(size.height, area.height);
  return {
    x: Math.round(clamp(x, area.x, area.x + area.width - width)),
    y: Math.round(clamp(y, area.y, area.y + area.height - height)),
    width: Math.round(width),
    height: Math.round(height),
  };
}

/** Where the bar stands that grows into this place: along its lower edge, where the composer is. */
export function barOf(place: Bounds, heightPx: number): Bounds {
  return {
    x: Math.round(place.x + (place.width - BAR_WIDTH) / 2),
    y: place.y + place.height - heightPx,
    width: BAR_WIDTH,
    height: heightPx,
  };
}

/** The place that a bar stands in when it grows upward, whether or not there is room for it. */
export function above(bar: Bounds, size: Size): Bounds {
  return {
    ...size,
    x: Math.round(bar.x + (bar.width - size.width) / 2),
    y: bar.y + bar.height - size.height,
  };
}

/** What the bar grows into: upward, so that the composer stays where it is; downward where there is no room above it. */
export function grownFrom(bar: Bounds, size: Size, workArea: Bounds): Bounds {
  const up = above(bar, size);
  return within(workArea, up.y >= workArea.y ? up : { ...up, y: bar.y });
}

/** The same rectangle, as exactly as systems tell. */
export function isSamePlace(one: Bounds, other: Bounds): boolean {
  return (["x", "y", "width", "height"] as const).every(
    (side) => Math.abs(one[side] - other[side]) <= ROUNDED_BY,
  );
}

/** On a display smaller than the least size, the display wins. */
function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
