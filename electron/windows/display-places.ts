import { screen, type BrowserWindow, type Display } from "electron";
import type { DesktopFiles } from "../shell/settings-file.ts";
import { isSamePlace, within, type Bounds } from "./window-place.ts";

/** A person moves and resizes in many small steps; what stands for this long is kept. */
const AT_REST_MS = 400;

/**
 * Puts a window on the display of the cursor, and keeps where the person has put it, for each display by itself. Where main
 * has put it is not kept: that follows from what is.
 */
export class DisplayPlaces implements Disposable {
  readonly #window: BrowserWindow;
  readonly #places: DesktopFiles["places"];
  readonly #sort: string;
  /** Where main has put it. */
  #put: Bounds | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** What is kept of where it is now; the bar stands for the place that it grows into. */
  readonly #toKeep: (bounds: Bounds, display: Display) => Bounds;

  /** @param sort keeps windows of different sorts apart */
  constructor(
    window: BrowserWindow,
    places: DesktopFiles["places"],
    sort: "panel" | "window",
    toKeep: (bounds: Bounds, display: Display) => Bounds = (bounds) => bounds,
  ) {
    this.#window = window;
    this.#places = places;
    this.#sort = sort;
    this.#toKeep = toKeep;
    const rest = (): void => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.keep(), AT_REST_MS);
    };
    if (process.platform === "linux") window.on("move", rest).on("resize", rest);
    else window.on("moved", rest).on("resized", rest);
    screen.on("display-removed", this.#pullIn).on("display-metrics-changed", this.#pullIn);
  }

  /** The display of the cursor, with what was kept for it. */
  here(): { readonly display: Display; readonly last: Bounds | undefined } {
    const display = screen.getDisplayNearestPoint(screen.getCursorScreenPoint());
    return { display, last: this.lastOn(display) };
  }

  lastOn(display: Display): Bounds | undefined {
    return this.#places.get()[this.#keyOf(display)];
  }

  /** The display that most of the window is on. */
  display(): Display {
    return screen.getDisplayMatching(this.#window.getBounds());
  }

  put(bounds: Bounds): void {
    this.#put = bounds;
    this.#window.setBounds(bounds);
    // Windows scales it once more when it has come to a display of another scale (electron#51645); there, it is exact.
    if (process.platform === "win32" && !isSamePlace(this.#window.getBounds(), bounds))
      this.#window.setBounds(bounds);
  }

  /** The person has not moved it since. */
  isWhereItWasPut(): boolean {
    return this.#put !== undefined && isSamePlace(this.#window.getBounds(), this.#put);
  }

  /** Keeps where the person has put the window. */
  keep(): void {
    clearTimeout(this.#timer);
    const window = this.#window;
    if (window.isDestroyed() || !window.isVisible() || isFilling(window) || this.isWhereItWasPut()) return;
    const bounds = window.getBounds();
    const display = this.display();
    this.#put = bounds;
    const place = this.#toKeep(bounds, display);
    void this.#places.set({ ...this.#places.get(), [this.#keyOf(display)]: place }).catch(() => undefined);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    screen.off("display-removed", this.#pullIn).off("display-metrics-changed", this.#pullIn);
  }

  /** A display has gone, or another size or scale: what is seen stays wholly in sight. */
  readonly #pullIn = (): void => {
    const window = this.#window;
    if (window.isDestroyed() || !window.isVisible() || isFilling(window)) return;
    const bounds = window.getBounds();
    const inside = within(this.display().workArea, bounds);
    if (!isSamePlace(inside, bounds)) this.put(inside);
  };

  /** A display that has another size than it had is another place. */
  #keyOf({ id, size }: Display): string {
    return `${this.#sort} ${id} ${size.width}x${size.height}`;
  }
}

/** Its place is not the person's, but the display's. */
function isFilling(window: BrowserWindow): boolean {
  return window.isMinimized() || window.isMaximized() || window.isFullScreen();
}
