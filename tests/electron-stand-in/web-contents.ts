import type { BrowserWindow } from "./browser-window.ts";
import { contextMenuParams } from "./context-menu.ts";
import type { WebFrameMain } from "./frames.ts";
import { NativeImage } from "./native-image.ts";
import {
  offerPasteSource,
  selectedTextSource,
  selectWordSource,
  type PageMenuParams,
} from "./in-page/page-menu.ts";
import { PageTarget, type WebPreferences } from "./page-target.ts";
import { session } from "./session.ts";
import { NotInStandInError, preventableEvent, StrictEmitter } from "./strict.ts";
import { clipboard, heldText } from "./clipboard.ts";

const events = [
  "did-start-loading",
  "did-stop-loading",
  "did-finish-load",
  "did-frame-finish-load",
  "did-fail-load",
  "did-start-navigation",
  "did-navigate",
  "did-navigate-in-page",
  "dom-ready",
  "will-navigate",
  "will-frame-navigate",
  "will-redirect",
  "will-attach-webview",
  "did-attach-webview",
  "did-create-window",
  "render-process-gone",
  "unresponsive",
  "responsive",
  "destroyed",
  "console-message",
  "preload-error",
  "page-title-updated",
  "before-input-event",
  "context-menu",
  "focus",
  "blur",
  "ipc-message",
];

type OpenHandler = (details: {
  readonly url: string;
  readonly frameName: string;
  readonly features: string;
}) => {
  readonly action: string;
};

/** All living contents, oldest first. */
const living = new Map<number, WebContents>();

/** Electron's `WebContents`: what is in a window. */
export class WebContents extends StrictEmitter {
  readonly id: number;
  readonly session = session.defaultSession;
  readonly ipc = undefined;
  readonly #window: () => BrowserWindow;
  readonly #page: PageTarget;
  readonly #preferences: WebPreferences;
  #openHandler: OpenHandler | undefined;
  #destroyed = false;

  constructor(window: () => BrowserWindow, id: number, preferences: WebPreferences) {
    super("webContents", events);
    this.id = id;
    this.#window = window;
    this.#preferences = preferences;
    this.#page = new PageTarget(this, preferences);
    living.set(id, this);
  }

  /** For the stand-in's own use. */
  get page(): PageTarget {
    return this.#page;
  }
  get ownerWindow(): BrowserWindow {
    return this.#window();
  }
  get mainFrame(): WebFrameMain {
    const frame = this.#page.frames.mainFrame;
    if (frame === undefined) throw new NotInStandInError("webContents.mainFrame before the window is open");
    return frame;
  }
  getLastWebPreferences(): WebPreferences {
    return { ...this.#preferences };
  }
  getType(): "window" {
    return "window";
  }
  getURL(): string {
    return this.#page.frames.mainFrame?.url ?? "";
  }
  getTitle(): string {
    return this.#page.title;
  }
  getOSProcessId(): number {
    return this.#page.rendererPid;
  }
  getProcessId(): number {
    return 1;
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
  isCrashed(): boolean {
    return this.#page.crashed;
  }
  isLoading(): boolean {
    return this.#page.loading;
  }
  isLoadingMainFrame(): boolean {
    return this.#page.loading;
  }
  isFocused(): boolean {
    return this.ownerWindow.isFocused();
  }
  focus(): void {
    this.#page.activate();
  }
  loadURL(url: string): Promise<void> {
    return this.#page.navigate(url);
  }
  reload(): void {
    this.#page.reload();
  }
  reloadIgnoringCache(): void {
    this.#page.reload();
  }
  stop(): void {
    this.#page.stop();
  }
  send(channel: string, ...args: unknown[]): void {
    this.#page.deliver(channel, args);
  }
  executeJavaScript(code: string): Promise<unknown> {
    return this.#page.evaluate(code);
  }
  undo(): void {
    this.#command("undo");
  }
  redo(): void {
    this.#command("redo");
  }
  delete(): void {
    this.#command("delete");
  }
  selectAll(): void {
    this.#command("selectAll");
  }
  cut(): void {
    void this.#copySelected().then((copied) => {
      if (copied) this.#command("delete");
    });
  }
  copy(): void {
    void this.#copySelected();
  }
  paste(): void {
    const text = heldText();
    void this.#page.evaluate(offerPasteSource(text)).then(async (left) => {
      if (left === true) await this.#page.type(text);
    });
  }
  pasteAndMatchStyle(): void {
    this.paste();
  }
  /** In place of the word at the caret. */
  replaceMisspelling(text: string): void {
    void this.#page.evaluate(selectWordSource).then(async (found) => {
      if (found === true) await this.#page.type(text);
    });
  }
  #command(name: string): void {
    void this.#page.evaluate(`document.execCommand(${JSON.stringify(name)})`);
  }
  async #copySelected(): Promise<boolean> {
    const text = await this.#page.evaluate(selectedTextSource);
    if (typeof text !== "string" || text === "") return false;
    await clipboard.writeText(text);
    return true;
  }
  async insertCSS(_css: string): Promise<string> {
    throw new NotInStandInError("webContents.insertCSS");
  }
  async capturePage(): Promise<NativeImage> {
    return new NativeImage(await this.#page.screenshot());
  }
  setWindowOpenHandler(handler: OpenHandler): void {
    this.#openHandler = handler;
  }
  setIgnoreMenuShortcuts(_ignore: boolean): void {}
  setBackgroundThrottling(_allowed: boolean): void {}
  setVisualZoomLevelLimits(_minimum: number, _maximum: number): Promise<void> {
    return Promise.resolve();
  }
  setZoomFactor(_factor: number): void {}
  setZoomLevel(_level: number): void {}
  setWebRTCIPHandlingPolicy(_policy: string): void {}
  openDevTools(): void {}
  closeDevTools(): void {}
  isDevToolsOpened(): boolean {
    return false;
  }
  forcefullyCrashRenderer(): void {
    this.#page.crash();
  }
  close(): void {
    this.ownerWindow.close();
  }

  /** The page wants a window. Without a handler Electron would open one, which the stand-in cannot. */
  windowOpenRequested(url: string, frameName: string, features: string): void {
    const answer = this.#openHandler?.({ url, frameName, features });
    if (answer?.action !== "deny")
      console.error(new NotInStandInError(`window.open of ${url} that is not denied`));
  }

  /** A right click that the page left to the app: without a listener nothing is shown. For the stand-in's own use. */
  contextMenuRequested(page: PageMenuParams, frame: WebFrameMain | null): void {
    const spelling = this.#preferences.spellcheck ? this.session.spelling : undefined;
    const params = contextMenuParams(page, { pageURL: this.getURL(), frame, spelling });
    this.emit("context-menu", preventableEvent(), params);
  }

  /** Asks the app's listeners; false when one prevented it. */
  allows(
    event: "will-navigate" | "will-frame-navigate" | "will-redirect",
    frame: WebFrameMain,
    url: string,
  ): boolean {
    const isMainFrame = frame.parent === null;
    const fields = { url, frame, initiator: frame, isMainFrame, isSameDocument: false };
    const asked = preventableEvent(fields);
    this.emit(event, asked, url, false, isMainFrame, 1, frame.routingId);
    return !asked.defaultPrevented;
  }

  /** The window is gone; for the stand-in's own use. */
  destroyed(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    living.delete(this.id);
    this.#page.close();
    this.emit("destroyed");
  }
}

export const webContents = {
  getAllWebContents: (): WebContents[] => [...living.values()],
  fromId: (id: number): WebContents | undefined => living.get(id),
  getFocusedWebContents: (): WebContents | null =>
    [...living.values()].find((contents) => contents.isFocused()) ?? null,
  fromFrame: (frame: WebFrameMain): WebContents | undefined =>
    [...living.values()].find((contents) => contents.page.frames.mainFrame === frame.top),
  fromDevToolsTargetId: (targetId: string): WebContents | undefined =>
    [...living.values()].find((contents) => contents.page.targetId === targetId),
};
