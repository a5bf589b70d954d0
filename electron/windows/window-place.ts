/** A rectangle on the desktop, in points of the display. */
export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Size of the window before the user changed it. */
export const WINDOW_SIZE = { width: 440, height: 680 } as const;
/** Below this the composer and an answer no longer fit together. */
export const WINDOW_MIN_SIZE = { width: 360, height: 420 } as const;
/** Share of the free height that stays above a window that was never moved: where quick windows are looked for. */
const ABOVE = 1 / 3;

/** Where the window comes up on a display: where it was last, else in its upper middle; always wholly visible. */
export function placeOn(workArea: Bounds, last: Bounds | undefined): Bounds {
  const width = clamp(last?.width ?? WINDOW_SIZE.width, WINDOW_MIN_SIZE.width, workArea.width);
  const height = clamp(last?.height ?? WINDOW_SIZE.height, WINDOW_MIN_SIZE.height, workArea.height);
  const x = last?.x ?? workArea.x + (workArea.width - width) / 2;
  const y = last?.y ?? workArea.y + (workArea.height - height) * ABOVE;
  return {
    x: Math.round(clamp(x, workArea.x, workArea.x + workArea.width - width)),
    y: Math.round(clamp(y, workArea.y, workArea.y + workArea.height - height)),
    width: Math.round(width),
    height: Math.round(height),
  };
}

/** On a display smaller than the least size, the display wins. */
function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
