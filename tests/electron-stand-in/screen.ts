import { platform } from "./platform.ts";
import { StrictEmitter, NotInStandInError } from "./strict.ts";

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
interface Point {
  readonly x: number;
  readonly y: number;
}
interface Display {
  readonly id: number;
  readonly bounds: Rectangle;
  readonly workArea: Rectangle;
  readonly size: { readonly width: number; readonly height: number };
  readonly workAreaSize: { readonly width: number; readonly height: number };
  readonly scaleFactor: number;
  readonly rotation: number;
  readonly internal: boolean;
  readonly label: string;
}

function display(id: number, bounds: Rectangle, scaleFactor: number): Display {
  const { width, height } = bounds;
  const size = { width, height };
  return {
    id,
    bounds,
    workArea: bounds,
    size,
    workAreaSize: size,
    scaleFactor,
    rotation: 0,
    internal: id === 1,
    label: `${id}`,
  };
}

/** As large as the display of the tests (tools/test/services.ts). */
const first = display(1, { x: 0, y: 0, width: 1280, height: 800 }, 1);

/** Electron's `screen`. Tests set displays and cursor, which real Electron reads from the system. */
class Screen extends StrictEmitter {
  #displays: readonly Display[] = [first];
  #cursor: Point = { x: 0, y: 0 };

  constructor() {
    super("screen", ["display-added", "display-removed", "display-metrics-changed"]);
  }
  getAllDisplays(): Display[] {
    return [...this.#displays];
  }
  getPrimaryDisplay(): Display {
    return this.#displays[0] ?? first;
  }
  getCursorScreenPoint(): Point {
    return this.#cursor;
  }
  getDisplayNearestPoint(point: Point): Display {
    return nearest(this.#displays, point);
  }
  getDisplayMatching({ x, y, width, height }: Rectangle): Display {
    return nearest(this.#displays, { x: x + width / 2, y: y + height / 2 });
  }

  /** By the layout of the physical displays: each begins where its DIP origin lies in points of the first one. */
  dipToScreenPoint(point: Point): Point {
    if (platform === "darwin") throw new NotInStandInError("screen.dipToScreenPoint on macOS");
    const { bounds, scaleFactor } = nearest(this.#displays, point);
    const primary = this.getPrimaryDisplay().scaleFactor;
    return {
      x: Math.round(bounds.x * primary + (point.x - bounds.x) * scaleFactor),
      y: Math.round(bounds.y * primary + (point.y - bounds.y) * scaleFactor),
    };
  }

  /** Test hook: other displays; [bounds, scale] each, the first is the primary one. */
  setDisplaysForTest(list: readonly (readonly [bounds: Rectangle, scaleFactor: number])[]): void {
    const before = this.#displays;
    this.#displays = list.map(([bounds, scale], index) => display(index + 1, bounds, scale));
    const [now, gone] = [this.#displays.slice(before.length), before.slice(this.#displays.length)];
    for (const one of now) this.emit("display-added", {}, one);
    for (const one of gone) this.emit("display-removed", {}, one);
    this.emit("display-metrics-changed", {}, this.getPrimaryDisplay(), ["bounds"]);
  }
  /** Test hook: where the pointer is. */
  setCursorForTest(cursor: Point): void {
    this.#cursor = cursor;
  }
}

function nearest(displays: readonly Display[], point: Point): Display {
  const distance = ({ bounds }: Display) => {
    const dx = Math.max(bounds.x - point.x, 0, point.x - (bounds.x + bounds.width));
    const dy = Math.max(bounds.y - point.y, 0, point.y - (bounds.y + bounds.height));
    return Math.hypot(dx, dy);
  };
  return displays.toSorted((a, b) => distance(a) - distance(b))[0] ?? first;
}

export const screen = new Screen();
