import { appWindows } from "./app-windows.ts";
import { checkOptions, StrictEmitter, StrictObject } from "./strict.ts";

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
      const contents = Menu.openForTest()?.closePopup();
      const edit = editRoles.find((role) => role === this.role);
      if (edit === undefined) options.click?.(this, undefined, {});
      else contents?.[edit]();
    };
  }
}

let applicationMenu: Menu | null = null;

const editRoles = [
  "undo",
  "redo",
  "cut",
  "copy",
  "paste",
  "pasteAndMatchStyle",
  "delete",
  "selectAll",
] as const;
type Editor = Readonly<Record<(typeof editRoles)[number], () => void>>;

interface PopupOptions {
  readonly window?: { readonly webContents: Editor };
  readonly frame?: object;
  readonly x?: number;
  readonly y?: number;
  readonly positioningItem?: number;
  readonly sourceType?: string;
  readonly callback?: () => void;
}

export class Menu extends StrictEmitter {
  static #open: Menu | undefined;
  readonly items: MenuItem[] = [];
  #options: PopupOptions = {};

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
  /** Over the window it is for, or the focused one. It stays open until an item is clicked or it is closed. */
  popup(options: PopupOptions = {}): void {
    checkOptions("Menu.popup", options, [
      "window",
      "frame",
      "x",
      "y",
      "positioningItem",
      "sourceType",
      "callback",
    ]);
    if (appWindows.all.size === 0) throw new Error("Cannot open Menu without a BaseWindow present");
    Menu.#open?.closePopup();
    Menu.#open = this;
    this.#options = options;
    this.emit("menu-will-show", {});
  }
  /** Gives what is edited in the window that it was over. */
  closePopup(): Editor | undefined {
    if (Menu.#open !== this) return undefined;
    Menu.#open = undefined;
    this.emit("menu-will-close", {});
    this.#options.callback?.();
    return this.#options.window?.webContents;
  }
  /** Test hook: the menu that is open over a window. */
  static openForTest(): Menu | undefined {
    return Menu.#open;
  }
  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found !== undefined && found !== null) return found;
    }
    return null;
  }
}
