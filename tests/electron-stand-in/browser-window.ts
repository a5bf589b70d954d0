import { app } from "./app.ts";
import { appWindows } from "./app-windows.ts";
import type { NativeImage } from "./native-image.ts";
import { onMacOnly } from "./activation.ts";
import { platform } from "./platform.ts";
import { screen, type Rectangle } from "./screen.ts";
import { NotInStandInError, preventableEvent, StrictEmitter } from "./strict.ts";
import { WebContents } from "./web-contents.ts";
import { WindowFocus } from "./window-focus.ts";
import { checkWindowOptions, preferencesOf, windowEvents, type WindowOptions } from "./window-options.ts";

let lastId = 0;

/** Electron's `BrowserWindow`. Place, focus and layers are a model of what a window manager would do. */
export class BrowserWindow extends StrictEmitter {
  readonly id: number;
  readonly webContents: WebContents;
  #bounds: Rectangle;
  #title: string;
  #visible: boolean;
  /** Shown again when the app is. */
  #hiddenWithApp = false;
  readonly #focus: WindowFocus;
  #destroyed = false;
  #onTop: boolean;
  #everywhere = false;
  #opacity = 1;
  #resizable = true;
  #protected = false;
  #minimized = false;
  #minimum: { readonly width: number; readonly height: number };

  static getAllWindows(): BrowserWindow[] {
    return [...appWindows.all.values()] as BrowserWindow[];
  }
  static getFocusedWindow(): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((window) => window.isFocused()) ?? null;
  }
  static fromId(id: number): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((window) => window.id === id) ?? null;
  }
  static fromWebContents(contents: WebContents): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((window) => window.webContents === contents) ?? null;
  }

  constructor(options: WindowOptions = {}) {
    super("BrowserWindow", windowEvents);
    if (!app.isReady()) throw new Error("Cannot create BrowserWindow before app is ready");
    checkWindowOptions(options);
    lastId += 1;
    this.id = lastId;
    const area = screen.getPrimaryDisplay().workArea;
    const { width = 800, height = 600 } = options;
    this.#bounds = {
      x: options.x ?? area.x + Math.round((area.width - width) / 2),
      y: options.y ?? area.y + Math.round((area.height - height) / 2),
      width,
      height,
    };
    this.#minimum = { width: options.minWidth ?? 0, height: options.minHeight ?? 0 };
    this.#title = options.title ?? app.name;
    this.#onTop = options.alwaysOnTop === true;
    this.#visible = false;
    this.#focus = new WindowFocus({
      isPanel: options.type === "panel",
      tell: (event) => {
        this.#emit(event);
        appWindows.onEvent(`browser-window-${event}`, {}, this);
      },
      tellPage: (event) => this.webContents.page.tellFocus(event),
    });
    this.webContents = new WebContents(() => this, this.id, preferencesOf(options.webPreferences ?? {}));
    this.webContents.once("did-finish-load", () => setImmediate(() => this.#emit("ready-to-show")));
    this.webContents.on("render-process-gone", (_event: unknown, details: unknown) => {
      appWindows.onEvent("render-process-gone", {}, this.webContents, details);
    });
    appWindows.all.set(this.id, this);
    this.#applySize();
    if (options.show === false) this.webContents.page.setVisible(false);
    else this.show();
    appWindows.onEvent("web-contents-created", {}, this.webContents);
    appWindows.onEvent("browser-window-created", {}, this);
  }

  #emit(event: string, ...args: unknown[]): void {
    if (!this.#destroyed) this.emit(event, ...args);
  }

  #applySize(): void {
    const { scaleFactor } = screen.getDisplayMatching(this.#bounds);
    this.webContents.page.setSize(this.#bounds.width, this.#bounds.height, scaleFactor);
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }
  loadFile(_path: string): Promise<void> {
    throw new NotInStandInError("BrowserWindow.loadFile (file: pages)");
  }
  reload(): void {
    this.webContents.reload();
  }

  show(): void {
    this.#setVisible(true);
    this.focus();
  }
  showInactive(): void {
    this.#setVisible(true);
  }
  hide(): void {
    this.#focus.resignKey();
    this.#setVisible(false);
  }
  orderOutWithApp(): void {
    this.#hiddenWithApp = this.#visible;
    this.hide();
  }
  orderInWithApp(): void {
    if (this.#hiddenWithApp) this.#setVisible(true);
    this.#hiddenWithApp = false;
  }
  /** Test hook, macOS: other windows lie over all of it, or no longer; it counts as visible all the same. */
  setOccludedForTest(occluded: boolean): void {
    onMacOnly("occlusion of a window");
    setImmediate(() => this.#emit(occluded ? "hide" : "show"));
  }
  #setVisible(visible: boolean): void {
    if (this.#visible === visible) return;
    this.#visible = visible;
    this.webContents.page.setVisible(visible);
    setImmediate(() => this.#emit(visible ? "show" : "hide"));
  }
  isVisible(): boolean {
    return this.#visible && (platform === "linux" || !this.#minimized);
  }
  /** Without "hide": the window is still among those to switch to. */
  minimize(): void {
    if (this.#minimized) return;
    this.#minimized = true;
    this.#focus.resignKey();
    this.webContents.page.setVisible(false);
    setImmediate(() => this.#emit("minimize"));
  }
  restore(): void {
    if (!this.#minimized) return;
    this.#minimized = false;
    this.webContents.page.setVisible(this.#visible);
    setImmediate(() => this.#emit("restore"));
  }
  isMinimized(): boolean {
    return this.#minimized;
  }
  isMaximized(): boolean {
    return false;
  }
  isFullScreen(): boolean {
    return false;
  }

  focus(): void {
    if (!this.#visible) return;
    this.#focus.take();
    this.webContents.page.activate();
  }
  blur(): void {
    this.#focus.resignKey();
  }
  isFocused(): boolean {
    return this.#focus.hasKeyboard;
  }
  moveTop(): void {}
  isFocusable(): boolean {
    return true;
  }

  getBounds(): Rectangle {
    return { ...this.#bounds };
  }
  getNormalBounds(): Rectangle {
    return this.getBounds();
  }
  setBounds(bounds: Partial<Rectangle>): void {
    const { moved } = this.#place(this.#scaledOnArrival({ ...this.#bounds, ...bounds }));
    // Windows tells of the end of a person's move alone.
    if (moved && platform === "darwin") setImmediate(() => this.#emit("moved"));
  }
  /** Test hook: the person drags the window, or its edge, and lets go. */
  dragForTest(bounds: Partial<Rectangle>): void {
    const { moved, resized } = this.#place(bounds);
    if (platform === "linux") return;
    if (resized) setImmediate(() => this.#emit("resized"));
    if (moved) setImmediate(() => this.#emit("moved"));
  }
  /** Windows scales a window once more when main puts it onto a display of another scale. */
  #scaledOnArrival(bounds: Rectangle): Rectangle {
    if (platform !== "win32") return bounds;
    const [from, to] = [this.#bounds, bounds].map((place) => screen.getDisplayMatching(place).scaleFactor);
    const factor = (to ?? 1) / (from ?? 1);
    const [width, height] = [bounds.width, bounds.height].map((side) => Math.round(side * factor));
    return { ...bounds, width: width ?? 0, height: height ?? 0 };
  }
  #place(bounds: Partial<Rectangle>): { readonly moved: boolean; readonly resized: boolean } {
    const before = this.#bounds;
    const wanted = { ...before, ...bounds };
    const { width: least, height: lowest } = this.#minimum;
    this.#bounds = {
      ...wanted,
      width: Math.max(wanted.width, least),
      height: Math.max(wanted.height, lowest),
    };
    const { x, y, width, height } = this.#bounds;
    const resized = width !== before.width || height !== before.height;
    const moved = x !== before.x || y !== before.y;
    if (resized) {
      this.#applySize();
      setImmediate(() => this.#emit("resize"));
    }
    if (moved) setImmediate(() => this.#emit("move"));
    return { moved, resized };
  }
  getSize(): number[] {
    return [this.#bounds.width, this.#bounds.height];
  }
  setSize(width: number, height: number): void {
    this.setBounds({ width, height });
  }
  setMinimumSize(width: number, height: number): void {
    this.#minimum = { width, height };
  }
  getPosition(): number[] {
    return [this.#bounds.x, this.#bounds.y];
  }
  setPosition(x: number, y: number): void {
    this.setBounds({ x, y });
  }
  center(): void {
    const area = screen.getDisplayMatching(this.#bounds).workArea;
    const { width, height } = this.#bounds;
    this.setPosition(
      area.x + Math.round((area.width - width) / 2),
      area.y + Math.round((area.height - height) / 2),
    );
  }

  setAlwaysOnTop(onTop: boolean, _level?: string): void {
    if (this.#onTop === onTop) return;
    this.#onTop = onTop;
    this.#emit("always-on-top-changed", {}, onTop);
  }
  isAlwaysOnTop(): boolean {
    return this.#onTop;
  }
  setVisibleOnAllWorkspaces(visible: boolean, _options?: object): void {
    this.#everywhere = visible;
  }
  isVisibleOnAllWorkspaces(): boolean {
    return this.#everywhere;
  }
  setFullScreenable(_allowed: boolean): void {}
  setSkipTaskbar(_skip: boolean): void {}
  setHiddenInMissionControl(_hidden: boolean): void {}
  setWindowButtonVisibility(_visible: boolean): void {}
  setVibrancy(_type: string | null): void {}
  setBackgroundColor(_color: string): void {}
  setBackgroundMaterial(_material: string): void {}
  setHasShadow(_shadow: boolean): void {}
  /** Such a window is in no picture of the screen. */
  setContentProtection(enabled: boolean): void {
    this.#protected = enabled;
  }
  /** As `desktopCapturer` calls it; the last part says that it is the app's own. */
  getMediaSourceId(): string {
    return `window:${this.id}:1`;
  }
  isContentProtected(): boolean {
    return this.#protected;
  }
  setIcon(_icon: NativeImage | string): void {}
  setMenu(_menu: unknown): void {}
  removeMenu(): void {}
  setMenuBarVisibility(_visible: boolean): void {}
  setAutoHideMenuBar(_hide: boolean): void {}
  setTitleBarOverlay(_options: object): void {}
  setOpacity(opacity: number): void {
    this.#opacity = opacity;
  }
  getOpacity(): number {
    return this.#opacity;
  }
  setResizable(resizable: boolean): void {
    this.#resizable = resizable;
  }
  isResizable(): boolean {
    return this.#resizable;
  }
  setTitle(title: string): void {
    this.#title = title;
  }
  getTitle(): string {
    return this.#title;
  }
  capturePage(): Promise<NativeImage> {
    return this.webContents.capturePage();
  }

  /** Asks first: a listener of "close" may prevent it. */
  close(): void {
    if (this.#destroyed) return;
    const event = preventableEvent();
    this.emit("close", event);
    if (!event.defaultPrevented) this.destroy();
  }
  destroy(): void {
    if (this.#destroyed) return;
    this.#focus.resignKey();
    this.#destroyed = true;
    this.webContents.destroyed();
    this.emit("closed");
    appWindows.remove(this.id);
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
}
