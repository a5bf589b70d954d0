import { setTimeout as sleep } from "node:timers/promises";
import { app, screen, type BrowserWindow } from "electron";
import type { Intent } from "#contract/intent.ts";
import { channelOf, type IpcEvents } from "#contract/commands/ipc-schema.ts";
import type { Logger } from "#contract/logger.ts";
import { withOwnBytes } from "#contract/processes/own-bytes.ts";
import { APP_PAGE } from "./app-origin.ts";
import type { DesktopFiles } from "../shell/settings-file.ts";
import { createRecovery, type Recovery } from "./recovery.ts";
import { placeOn } from "./window-place.ts";

export interface WindowsOptions {
  /** Made hidden. */
  readonly window: BrowserWindow;
  readonly places: DesktopFiles["places"];
  readonly isPinned: () => boolean;
  readonly onVisible: (visible: boolean) => void;
  /** The page is gone and comes again. */
  readonly onReload: () => void;
  readonly logger: Logger;
}

/** After `hide`, a compositor needs this long to take the window off the screen. */
const GONE_FROM_SCREEN_MS = 120;

/** macOS may take the focus away from a window that has just been shown: while an app settles, or a drag goes on. */
const SETTLES_WITHIN_MS = 1_000;

/** The one warm window; its page is loaded hidden. */
export class Windows implements Disposable {
  readonly #options: WindowsOptions;
  readonly #window: BrowserWindow;
  readonly #recovery: Recovery;
  readonly #waiting: Intent[] = [];
  #listening = false;
  #ending = false;
  /** Not hidden on blur: a picture is being taken. */
  #held = false;
  #shownAtMs = Number.NEGATIVE_INFINITY;
  /** Looks again when the window has settled. */
  #settling: NodeJS.Timeout | undefined;

  constructor(options: WindowsOptions) {
    this.#options = options;
    this.#window = options.window;
    this.#recovery = createRecovery(this.#window, () => this.#reload(), options.logger);
    stayAbove(this.#window);
    this.#follow();
    this.#load();
  }

  /** Shows it on the display of the cursor and gives it the keyboard. */
  show(): void {
    const window = this.#window;
    if (window.isDestroyed()) return;
    const { places } = this.#options;
    const { id, workArea } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint());
    if (!window.isVisible()) window.setBounds(placeOn(workArea, places.get()[String(id)]));
    if (window.isMinimized()) window.restore();
    this.#shownAtMs = performance.now();
    window.show();
    // On macOS the panel takes the keyboard, and the program under it stays the active one.
    window.focus();
    this.intend({ kind: "focus-composer" });
  }

  /** Hides it and gives the keyboard back to the program that had it. */
  hide(): void {
    if (!this.isVisible()) return;
    this.#keepPlace();
    giveFocusBack(this.#window);
  }

  /** What the hotkey does: shows it, or hides it when it has the keyboard. */
  toggle(): void {
    if (this.isVisible() && this.#window.isFocused()) this.hide();
    else this.show();
  }

  isVisible(): boolean {
    return !this.#window.isDestroyed() && this.#window.isVisible();
  }

  isOwn(webContentsId: number): boolean {
    return !this.#window.isDestroyed() && this.#window.webContents.id === webContentsId;
  }

  /** The page listens from now on: it is given what waited. */
  loaded(): void {
    this.#recovery.loaded();
    this.#listening = true;
    for (const intent of this.#waiting.splice(0)) this.#send("intent", intent);
  }

  send<Name extends "chat" | "auth" | "app">(name: Name, payload: IpcEvents[Name]): void {
    if (this.#listening) this.#send(name, payload);
  }

  /** Never lost: kept until the page listens. */
  intend(intent: Intent): void {
    if (this.#listening) this.#send("intent", intent);
    else this.#waiting.push(intent);
  }

  /** Runs `work` while the window is out of the picture. */
  async withWindowHidden<T>(work: () => Promise<T>): Promise<T> {
    if (!this.isVisible()) return await work();
    this.#held = true;
    try {
      // A window that is still fading out is left out of the picture as well, where the system can do so.
      this.#window.setContentProtection(true);
      this.#window.hide();
      await sleep(GONE_FROM_SCREEN_MS);
      return await work();
    } finally {
      this.#held = false;
      this.#window.setContentProtection(false);
      this.show();
    }
  }

  /**
   * The keyboard is elsewhere: hides the window, unless it is pinned or has just been shown. The page says so too, because on macOS a
   * panel over another program's windows tells only its page.
   */
  left(): void {
    const window = this.#window;
    // Shown again before the news of its being left arrived.
    if (!this.isVisible() || window.isFocused() || this.#held) return;
    if (process.platform === "darwin") {
      const settlesForMs = this.#shownAtMs + SETTLES_WITHIN_MS - performance.now();
      clearTimeout(this.#settling);
      if (settlesForMs > 0) {
        // A loss that passes is undone by then; a true one is not, and nothing else would tell of it.
        this.#settling = setTimeout(() => this.left(), settlesForMs);
        return;
      }
    }
    if (this.#options.isPinned() || window.webContents.isDevToolsOpened()) return;
    this.#keepPlace();
    // The focus is already elsewhere: nothing to give back.
    window.hide();
  }

  /** Lets the window close: the app ends. */
  release(): void {
    this.#ending = true;
  }

  [Symbol.dispose](): void {
    this.#ending = true;
    clearTimeout(this.#settling);
    this.#recovery[Symbol.dispose]();
    if (!this.#window.isDestroyed()) this.#window.destroy();
  }

  #follow(): void {
    const window = this.#window;
    const { onVisible } = this.#options;
    window.on("show", () => onVisible(true));
    window.on("hide", () => onVisible(false));
    window.on("moved", () => this.#keepPlace());
    window.on("resized", () => this.#keepPlace());
    window.on("blur", () => this.left());
    window.on("close", (event) => {
      if (this.#ending) return;
      event.preventDefault();
      this.hide();
    });
  }

  #load(): void {
    // What went wrong is told by the recovery, which tries again.
    void this.#window.loadURL(APP_PAGE).catch(() => undefined);
  }

  #reload(): void {
    this.#listening = false;
    this.#options.onReload();
    this.#load();
  }

  #send(name: keyof IpcEvents, payload: unknown): void {
    if (!this.#window.isDestroyed()) this.#window.webContents.send(channelOf(name), withOwnBytes(payload));
  }

  #keepPlace(): void {
    if (!this.isVisible()) return;
    const { places } = this.#options;
    const { x, y, width, height } = this.#window.getBounds();
    const { id } = screen.getDisplayMatching({ x, y, width, height });
    const kept = places.get()[String(id)];
    if (kept?.x === x && kept.y === y && kept.width === width && kept.height === height) return;
    void places.set({ ...places.get(), [String(id)]: { x, y, width, height } }).catch(() => undefined);
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
