import { checkOptions, StrictEmitter, StrictObject } from "./strict.ts";
import type { NativeImage } from "./native-image.ts";

/** What a menu item is made of. */
export interface MenuItemOptions {
  readonly id?: string;
  readonly label?: string;
  readonly type?: "normal" | "separator" | "submenu" | "checkbox" | "radio" | "header" | "palette";
  readonly role?: string;
  readonly enabled?: boolean;
  readonly visible?: boolean;
  readonly checked?: boolean;
  readonly accelerator?: string;
  readonly sublabel?: string;
  readonly toolTip?: string;
  readonly icon?: unknown;
  readonly submenu?: readonly MenuItemOptions[] | Menu;
  readonly click?: (item: MenuItem, window: undefined, event: object) => void;
}
const known = [
  "id",
  "label",
  "type",
  "role",
  "enabled",
  "visible",
  "checked",
  "accelerator",
  "sublabel",
  "toolTip",
];

export class MenuItem extends StrictObject {
  readonly id: string | undefined;
  readonly type: string;
  readonly role: string | undefined;
  readonly accelerator: string | undefined;
  readonly submenu: Menu | undefined;
  readonly click: () => void;
  label: string;
  sublabel: string;
  toolTip: string;
  icon: unknown;
  enabled: boolean;
  visible: boolean;
  checked: boolean;

  constructor(options: MenuItemOptions) {
    super("MenuItem");
    checkOptions("MenuItem", options, [...known, "icon", "submenu", "click", "registerAccelerator"]);
    const { submenu } = options;
    this.id = options.id;
    this.type = options.type ?? (submenu === undefined ? "normal" : "submenu");
    this.role = options.role;
    this.accelerator = options.accelerator;
    this.label = options.label ?? options.role ?? "";
    this.sublabel = options.sublabel ?? "";
    this.toolTip = options.toolTip ?? "";
    this.icon = options.icon;
    this.enabled = options.enabled ?? true;
    this.visible = options.visible ?? true;
    this.checked = options.checked ?? false;
    this.submenu =
      submenu === undefined || submenu instanceof Menu ? submenu : Menu.buildFromTemplate(submenu);
    this.click = () => {
      if (this.type === "checkbox") this.checked = !this.checked;
      options.click?.(this, undefined, {});
    };
  }
}

let applicationMenu: Menu | null = null;

export class Menu extends StrictEmitter {
  readonly items: MenuItem[] = [];

  constructor() {
    super("Menu", ["menu-will-show", "menu-will-close"]);
  }
  static buildFromTemplate(template: readonly (MenuItemOptions | MenuItem)[]): Menu {
    const menu = new Menu();
    for (const item of template) menu.append(item instanceof MenuItem ? item : new MenuItem(item));
    return menu;
  }
  static setApplicationMenu(menu: Menu | null): void {
    applicationMenu = menu;
  }
  static getApplicationMenu(): Menu | null {
    return applicationMenu;
  }
  append(item: MenuItem): void {
    this.items.push(item);
  }
  insert(position: number, item: MenuItem): void {
    this.items.splice(position, 0, item);
  }
  popup(): void {
    this.emit("menu-will-show", {});
  }
  closePopup(): void {
    this.emit("menu-will-close", {});
  }
  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found !== undefined && found !== null) return found;
    }
    return null;
  }
}

/** Set STAND_IN_NO_TRAY=1 for a desktop that has no place for tray icons. */
export class Tray extends StrictEmitter {
  #destroyed = false;
  #title = "";
  constructor(_image: NativeImage | string, _guid?: string) {
    super("Tray", [
      "click",
      "right-click",
      "double-click",
      "middle-click",
      "mouse-up",
      "mouse-down",
      "mouse-enter",
      "mouse-leave",
      "mouse-move",
      "balloon-click",
      "drop",
      "drop-files",
      "drop-text",
      "drag-enter",
    ]);
    if (process.env["STAND_IN_NO_TRAY"] === "1") throw new Error("Failed to create the tray icon");
  }
  setImage(_image: NativeImage | string): void {
    this.#alive();
  }
  setPressedImage(_image: NativeImage | string): void {
    this.#alive();
  }
  setToolTip(_text: string): void {
    this.#alive();
  }
  setTitle(title: string): void {
    this.#alive();
    this.#title = title;
  }
  getTitle(): string {
    return this.#title;
  }
  setContextMenu(_menu: Menu | null): void {
    this.#alive();
  }
  popUpContextMenu(menu?: Menu): void {
    menu?.popup();
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
  #alive(): void {
    if (this.#destroyed) throw new TypeError("Object has been destroyed");
  }
}
