import { app, type BrowserWindow } from "electron";
import type { WindowShape } from "#contract/app-state.ts";
import type { DesktopFiles } from "../shell/settings-file.ts";
import { DisplayPlaces } from "./display-places.ts";
import {
  above,
  barOf,
  GROWN_SIZES,
  grownFrom,
  PANEL_SIZES,
  placeOn,
  within,
  type Bounds,
  type Sizes,
} from "./window-place.ts";

export interface PanelOptions {
  /** Made hidden. */
  readonly window: BrowserWindow;
  readonly places: DesktopFiles["places"];
  readonly settings: () => { readonly pinned: boolean; readonly compactBar: boolean };
  /** There is more to see than the composer. */
  readonly needsRoom: () => boolean;
  readonly onShape: (shape: Exclude<WindowShape, "window">) => void;
}

/** macOS may take the focus away from a window that has just been shown: while an app settles, or a drag goes on. */
const SETTLES_WITHIN_MS = 1_000;
/** Height of the bar until its page has said it. */
const BAR_HEIGHT = 96;

/** The warm window without a frame that the hotkey shows and hides: the whole chat, or a bar that grows into it. */
export class Panel implements Disposable {
  readonly #options: PanelOptions;
  readonly #window: BrowserWindow;
  readonly #places: DisplayPlaces;
  #shape: "panel" | "bar";
  #barHeight = BAR_HEIGHT;
  /** Where the bar was that has grown. */
  #grownFrom: Bounds | undefined;
  /** Not hidden on blur: a picture is being taken. */
  #held = false;
  #shownAtMs = Number.NEGATIVE_INFINITY;
  /** Looks again when the window has settled. */
  #settling: NodeJS.Timeout | undefined;

  constructor(options: PanelOptions) {
    const { window, places } = options;
    this.#options = options;
    this.#window = window;
    this.#shape = this.#restingShape();
    this.#places = new DisplayPlaces(window, places, "panel", (bounds, display) =>
      this.#shape === "bar"
        ? above(bounds, this.#placeOn(display.workArea, this.#places.lastOn(display)))
        : bounds,
    );
    stayAbove(window);
    window.on("blur", () => this.left());
  }

  get shape(): "panel" | "bar" {
    return this.#shape;
  }

  /** Shows it on the display of the cursor and gives it the keyboard. */
  show(): void {
    const window = this.#window;
    if (!window.isVisible()) this.#comeUp();
    if (window.isMinimized()) window.restore();
    this.#shownAtMs = performance.now();
    window.show();
    // On macOS the panel takes the keyboard, and the program under it stays the active one.
    window.focus();
  }

  /** Hides it and gives the keyboard back to the program that had it. */
  hide(): void {
    if (!this.#window.isVisible()) return;
    this.#places.keep();
    giveFocusBack(this.#window);
    this.#rest();
  }

  /** Out of sight, while something else of this app takes the keyboard. */
  stepAside(): void {
    if (!this.#window.isVisible()) return;
    this.#places.keep();
    this.#window.hide();
    this.#rest();
  }

  /** While `held`, a loss of the keyboard hides nothing. */
  hold(held: boolean): void {
    this.#held = held;
  }

  /**
   * The keyboard is elsewhere: hides the window, unless it is pinned or has just been shown. The page says so too, because on macOS a
   * panel over another program's windows tells only its page.
   */
  left(): void {
    const window = this.#window;
    // Shown again before the news of its being left arrived.
    if (window.isDestroyed() || !window.isVisible() || window.isFocused() || this.#held) return;
    if (process.platform === "darwin") {
      const settlesForMs = this.#shownAtMs + SETTLES_WITHIN_MS - performance.now();
      clearTimeout(this.#settling);
      if (settlesForMs > 0) {
        // A loss that passes is undone by then; a true one is not, and nothing else would tell of it.
        this.#settling = setTimeout(() => this.left(), settlesForMs);
        return;
      }
    }
    if (this.#options.settings().pinned || window.webContents.isDevToolsOpened()) return;
    // The focus is already elsewhere: nothing to give back.
    this.stepAside();
  }

  /** The bar becomes the whole chat; the composer stays where it is if there is room above it. */
  grow(): void {
    if (this.#shape === "panel") return;
    if (this.#window.isVisible()) {
      this.#places.keep();
      const bar = this.#window.getBounds();
      const display = this.#places.display();
      const size = this.#placeOn(display.workArea, this.#places.lastOn(display));
      this.#take("panel");
      this.#places.put(grownFrom(bar, size, display.workArea));
      this.#grownFrom = bar;
    } else this.#take("panel");
  }

  /** The chat becomes the bar again, where that was. */
  shrink(): void {
    if (this.#shape === "bar") return;
    const place = this.#window.getBounds();
    const { workArea } = this.#places.display();
    const bar = this.#places.isWhereItWasPut() ? this.#grownFrom : undefined;
    this.#places.keep();
    this.#take("bar");
    this.#places.put(within(workArea, bar ?? barOf(place, this.#barHeight)));
  }

  /** The bar's content has this height; its lower edge stays where it is. */
  fitBar(heightPx: number): void {
    this.#barHeight = heightPx;
    if (this.#shape !== "bar" || !this.#window.isVisible()) return;
    const { height, ...bar } = this.#window.getBounds();
    if (height === heightPx) return;
    this.#places.keep();
    const y = bar.y + height - heightPx;
    this.#places.put(within(this.#places.display().workArea, { ...bar, y, height: heightPx }));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#settling);
    this.#places[Symbol.dispose]();
  }

  #comeUp(): void {
    if (this.#options.needsRoom()) this.#take("panel");
    const { display, last } = this.#places.here();
    const place = this.#placeOn(display.workArea, last);
    if (this.#shape === "panel") return this.#places.put(place);
    this.#places.put(within(display.workArea, barOf(last ?? place, this.#barHeight)));
  }

  /** What it will be when it comes up again is painted while it is out of sight. */
  #rest(): void {
    this.#take(this.#restingShape());
  }

  #restingShape(): "panel" | "bar" {
    return this.#options.settings().compactBar && !this.#options.needsRoom() ? "bar" : "panel";
  }

  #take(shape: "panel" | "bar"): void {
    if (this.#shape === shape) return;
    this.#shape = shape;
    this.#grownFrom = undefined;
    const { least } = this.#sizes();
    // Before its bounds are set: no system makes a window smaller than its least size.
    this.#window.setMinimumSize(least.width, shape === "bar" ? 1 : least.height);
    this.#options.onShape(shape);
  }

  #placeOn(workArea: Bounds, last: Bounds | undefined): Bounds {
    return placeOn(workArea, last, this.#sizes());
  }

  #sizes(): Sizes {
    return this.#options.settings().compactBar ? GROWN_SIZES : PANEL_SIZES;
  }
}

/** Keeps the window above full-screen programs too, on whatever desktop the user is. */
function stayAbove(window: BrowserWindow): void {
  const { platform } = process;
  window.setAlwaysOnTop(true, "floating");
  if (platform === "darwin")
    window.setVisibleOnAllWorkspaces(true, { visibleOnFullScreen: true, skipTransformProcessType: true });
  if (platform === "linux") window.setVisibleOnAllWorkspaces(true);
}

function giveFocusBack(window: BrowserWindow): void {
  const { platform } = process;
  // Windows gives the focus to the next window only when this one is minimised, not when it is hidden.
  if (platform === "win32") window.minimize();
  window.hide();
  // A panel of an app that is not the active one gives the keyboard back by itself, and there is no app to hide.
  if (platform === "darwin" && app.isActive()) app.hide();
}
