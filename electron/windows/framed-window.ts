import type { BrowserWindow } from "electron";
import type { DesktopFiles } from "../shell/settings-file.ts";
import type { ChatPage } from "./chat-page.ts";
import { DisplayPlaces } from "./display-places.ts";
import { FRAMED_SIZES, placeOn } from "./window-place.ts";

/** The chat in a window as other programs have them: with a frame, in the taskbar, and there until it is closed. */
export class FramedWindow implements Disposable {
  readonly page: ChatPage;
  readonly #window: BrowserWindow;
  readonly #places: DisplayPlaces;
  #wasShown = false;

  constructor(window: BrowserWindow, places: DesktopFiles["places"], page: ChatPage) {
    this.page = page;
    this.#window = window;
    this.#places = new DisplayPlaces(window, places, "window");
  }

  show(): void {
    const window = this.#window;
    if (!this.#wasShown) {
      const { display, last } = this.#places.here();
      this.#places.put(placeOn(display.workArea, last, FRAMED_SIZES));
      this.#wasShown = true;
    }
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  minimize(): void {
    this.#window.minimize();
  }

  [Symbol.dispose](): void {
    this.#places.keep();
    this.#places[Symbol.dispose]();
    this.page[Symbol.dispose]();
  }
}
