import type { MenuItemConstructorOptions } from "electron";

/** macOS takes copy, paste and undo from the menu; elsewhere there is none, and the keys work by themselves. */
export function appMenuTemplate(platform: NodeJS.Platform): MenuItemConstructorOptions[] | undefined {
  if (platform !== "darwin") return undefined;
  return [{ role: "appMenu" }, { role: "editMenu" }, { role: "windowMenu" }];
}
