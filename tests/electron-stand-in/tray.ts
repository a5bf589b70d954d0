import type { Menu } from "./menu.ts";
import type { NativeImage } from "./native-image.ts";
import { platform } from "./platform.ts";
import { preventableEvent, StrictEmitter } from "./strict.ts";

/** Only macOS tells of what is dragged onto the icon. */
const macEvents = [
  "mouse-up",
  "mouse-down",
  "drop",
  "drop-files",
  "drop-text",
  "drag-enter",
  "drag-leave",
  "drag-end",
];
const windowsEvents = ["balloon-click", "balloon-show", "balloon-closed"];
const events = [
  "click",
  "right-click",
  "double-click",
  "middle-click",
  "mouse-enter",
  "mouse-leave",
  "mouse-move",
  ...macEvents,
  ...windowsEvents,
];

/** Set STAND_IN_NO_TRAY=1 for a desktop that has no place for tray icons. */
export class Tray extends StrictEmitter {
  #destroyed = false;
  #title = "";
  #image: NativeImage | string;

  constructor(image: NativeImage | string, _guid?: string) {
    super("Tray", events);
    if (process.env["STAND_IN_NO_TRAY"] === "1") throw new Error("Failed to create the tray icon");
    this.#image = image;
  }
  setImage(image: NativeImage | string): void {
    this.#alive();
    this.#image = image;
  }
  setPressedImage(_image: NativeImage | string): void {
    this.#alive();
  }
  setToolTip(_text: string): void {
    this.#alive();
  }
  /** macOS shows it beside the icon. */
  setTitle(title: string): void {
    this.#alive();
    if (platform === "darwin") this.#title = title;
  }
  getTitle(): string {
    return this.#title;
  }
  setContextMenu(_menu: Menu | null): void {
    this.#alive();
  }
  popUpContextMenu(_menu?: Menu): void {
    this.#alive();
  }
  setIgnoreDoubleClickEvents(_ignore: boolean): void {}
  getBounds(): { x: number; y: number; width: number; height: number } {
    return { x: 0, y: 0, width: 22, height: 22 };
  }
  destroy(): void {
    this.#destroyed = true;
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
  /** Test hook: the picture that is shown. */
  imageForTest(): NativeImage | string {
    return this.#image;
  }
  /** Test hook: files are let go over the icon; nothing happens where the system does not tell of it. */
  dropFilesForTest(paths: readonly string[]): void {
    if (platform !== "darwin") return;
    this.emit("drag-enter");
    this.emit("drop");
    this.emit("drop-files", preventableEvent(), [...paths]);
    this.emit("drag-end");
  }
  #alive(): void {
    if (this.#destroyed) throw new TypeError("Object has been destroyed");
  }
}
