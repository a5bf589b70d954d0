import { setTimeout as sleep } from "node:timers/promises";
import { app, type BrowserWindow } from "electron";
import type { WindowShape } from "#contract/app-state.ts";
import type { IpcEvents } from "#contract/commands/ipc-schema.ts";
import type { Intent } from "#contract/intent.ts";
import type { Logger } from "#contract/logger.ts";
import { ChatPage, type Shown } from "./chat-page.ts";
import { FramedWindow } from "./framed-window.ts";
import { Panel, type PanelOptions } from "./panel.ts";

export interface WindowsOptions extends Pick<PanelOptions, "window" | "places" | "settings" | "needsRoom"> {
  /** Makes the window with a frame, hidden. */
  readonly makeFramed: () => BrowserWindow;
  readonly shown: Shown;
  /** The draft on the disk. */
  readonly draft: () => string;
  readonly onShape: (shape: WindowShape) => void;
  readonly onVisible: (visible: boolean) => void;
  readonly logger: Logger;
}

/** After `hide`, a compositor needs this long to take the window off the screen. */
const GONE_FROM_SCREEN_MS = 120;

/**
 * Where the chat is: in the panel, or in a window with a frame while that is open. One of them has it at a time, with all that its
 * composer holds; the panel's page stays loaded, so that it comes up at once.
 */
export class Windows implements Disposable {
  readonly #options: WindowsOptions;
  readonly #panel: Panel;
  readonly #panelPage: ChatPage;
  #framed: FramedWindow | undefined;
  #moving: Promise<void> | undefined;
  #ending = false;

  constructor(options: WindowsOptions) {
    this.#options = options;
    const { window, onVisible } = options;
    this.#panel = new Panel(options);
    this.#panelPage = new ChatPage(window, options.shown, options.logger);
    window.on("show", () => onVisible(true));
    window.on("hide", () => onVisible(false));
    window.on("close", (event) => {
      if (this.#ending) return;
      event.preventDefault();
      this.hide();
    });
    options.onShape(this.#panel.shape);
  }

  /** Shows the chat and gives it the keyboard: the panel on the display of the cursor, its own window where that is. */
  show(): void {
    if (this.#panelPage.window.isDestroyed()) return;
    (this.#framed ?? this.#panel).show();
    this.intend({ kind: "focus-composer" });
  }

  /** Hides the panel and gives the keyboard back to the program that had it. A window with a frame stays. */
  hide(): void {
    if (this.#framed === undefined && this.isVisible()) this.#panel.hide();
  }

  /** What the hotkey does: shows it, or puts it away when it has the keyboard. */
  toggle(): void {
    if (!this.isVisible() || !this.#front.window.isFocused()) this.show();
    else if (this.#framed === undefined) this.hide();
    else this.#framed.minimize();
  }

  isVisible(): boolean {
    const { window } = this.#front;
    return !window.isDestroyed() && window.isVisible() && !window.isMinimized();
  }

  /** What comes now is seen: other programs' windows may lie over one with a frame. */
  isSeen(): boolean {
    return this.isVisible() && (this.#framed === undefined || this.#front.window.isFocused());
  }

  pageOf(webContentsId: number): ChatPage | undefined {
    return [this.#panelPage, this.#framed?.page].find((page) => page?.isOwn(webContentsId));
  }

  send<Name extends "auth" | "app">(name: Name, payload: IpcEvents[Name]): void {
    this.#panelPage.send(name, payload);
    this.#framed?.page.send(name, payload);
  }

  /** Never lost: kept until the page listens. */
  intend(intent: Intent): void {
    this.#front.intend(intent);
  }

  /** What the page asks to be. Resolves when it is. */
  async shape(shape: WindowShape): Promise<void> {
    // A second press while the chat moves changes nothing.
    if (this.#moving !== undefined) return this.#moving;
    if ((shape === "window") === (this.#framed !== undefined)) {
      if (shape === "panel") this.#panel.grow();
      if (shape === "bar") this.#panel.shrink();
      return;
    }
    const moving = shape === "window" ? this.#openFramed() : this.#closeFramed(true);
    this.#moving = moving.finally(() => (this.#moving = undefined));
    await this.#moving;
  }

  fitBar(heightPx: number): void {
    this.#panel.fitBar(heightPx);
  }

  /** The keyboard has left the window of this page. */
  left(page: ChatPage): void {
    if (page === this.#panelPage) this.#panel.left();
  }

  /** Runs `work` while the window is out of the picture. */
  async withWindowHidden<T>(work: () => Promise<T>): Promise<T> {
    if (!this.isVisible()) return await work();
    const { window } = this.#front;
    this.#panel.hold(true);
    try {
      // A window that is still fading out is left out of the picture as well, where the system can do so.
      window.setContentProtection(true);
      window.hide();
      await sleep(GONE_FROM_SCREEN_MS);
      return await work();
    } finally {
      this.#panel.hold(false);
      if (!window.isDestroyed()) window.setContentProtection(false);
      this.show();
    }
  }

  /** Lets the windows close: the app ends. */
  release(): void {
    this.#ending = true;
  }

  [Symbol.dispose](): void {
    this.#ending = true;
    this.#framed?.[Symbol.dispose]();
    for (const part of [this.#panel, this.#panelPage]) part[Symbol.dispose]();
  }

  get #front(): ChatPage {
    return this.#framed?.page ?? this.#panelPage;
  }

  async #openFramed(): Promise<void> {
    const { makeFramed, places, shown, logger, onVisible, onShape } = this.#options;
    const composed = await this.#panelPage.takeComposer();
    if (this.#ending) return;
    const window = makeFramed();
    const framed = new FramedWindow(window, places, new ChatPage(window, shown, logger));
    this.#framed = framed;
    window.on("focus", () => onVisible(true));
    window.on("close", (event) => {
      if (this.#ending) return;
      event.preventDefault();
      this.#moving ??= this.#closeFramed(false).finally(() => (this.#moving = undefined));
    });
    framed.page.intend({ kind: "composer", ...(composed ?? { text: this.#options.draft() }) });
    onShape("window");
    this.#panel.stepAside();
    // In the Dock and among the programs to switch between, as long as there is a window to switch to.
    if (process.platform === "darwin") app.setActivationPolicy("regular");
    this.show();
  }

  /** The panel has the chat again; it comes up at once only for a person who wants it, and not for one who closes the window. */
  async #closeFramed(show: boolean): Promise<void> {
    const framed = this.#framed;
    if (framed === undefined) return;
    const composed = await framed.page.takeComposer();
    if (this.#ending) return;
    this.#framed = undefined;
    this.intend({ kind: "composer", ...(composed ?? { text: this.#options.draft() }) });
    framed[Symbol.dispose]();
    if (process.platform === "darwin") app.setActivationPolicy("accessory");
    this.#options.onShape(this.#panel.shape);
    if (show) this.show();
  }
}
