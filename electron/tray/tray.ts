import { join } from "node:path";
import type { Menu, MenuItemConstructorOptions, NativeImage, Tray } from "electron";
import type { TrayAction, TrayIcon, TrayItem, TrayView } from "./tray-menu.ts";

export interface TrayDeps {
  readonly createTray: (image: NativeImage) => Tray;
  readonly loadImage: (path: string) => NativeImage;
  readonly buildMenu: (template: MenuItemConstructorOptions[]) => Menu;
  /** Folder of the icons. */
  readonly icons: string;
  readonly platform: NodeJS.Platform;
  readonly onAction: (action: TrayAction) => void;
  readonly onClick: () => void;
}

/** The icon in the menu bar or the task bar. */
export interface TrayHandle extends Disposable {
  /** Shows this; what is shown already costs nothing. */
  update(view: TrayView): void;
}

/** Puts the icon up. @throws what the system throws where there is no tray */
export function openTray(deps: TrayDeps, first: TrayView): TrayHandle {
  // Kept by the handle: a tray that is collected disappears.
  const tray = deps.createTray(imageOf(deps, first.icon));
  let shown: TrayView | undefined;
  const update = (view: TrayView): void => {
    if (view.icon !== shown?.icon) tray.setImage(imageOf(deps, view.icon));
    if (view.tooltip !== shown?.tooltip) tray.setToolTip(view.tooltip);
    if (JSON.stringify(view.items) !== JSON.stringify(shown?.items))
      tray.setContextMenu(deps.buildMenu(view.items.map((item) => toMenuItem(item, deps.onAction))));
    shown = view;
  };
  update(first);
  // On macOS and Linux a click opens the menu.
  if (deps.platform === "win32") tray.on("click", deps.onClick);
  return { update, [Symbol.dispose]: () => tray.destroy() };
}

/** macOS colours a template image by itself; it must be named so. */
export function trayIconFile(icon: TrayIcon, platform: NodeJS.Platform): string {
  return platform === "darwin" ? `tray-${icon}Template.png` : `tray-${icon}.png`;
}

function imageOf(deps: TrayDeps, icon: TrayIcon): NativeImage {
  return deps.loadImage(join(deps.icons, trayIconFile(icon, deps.platform)));
}

function toMenuItem(item: TrayItem, onAction: TrayDeps["onAction"]): MenuItemConstructorOptions {
  switch (item.kind) {
    case "separator":
      return { type: "separator" };
    case "line":
      return { id: item.id, label: item.label, enabled: false };
    case "action":
      return {
        id: item.id,
        label: item.label,
        enabled: item.enabled,
        ...(item.checked === undefined ? {} : { type: "checkbox", checked: item.checked }),
        click: () => onAction(item.id),
      };
  }
}
