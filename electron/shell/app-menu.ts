import type { MenuItemConstructorOptions } from "electron";
import type { DesktopTexts } from "./texts.ts";

/** The menu bar of macOS, in the person's language: Electron's own words for its roles are English. */
export function macMenu({ menu: texts, quit }: DesktopTexts): MenuItemConstructorOptions[] {
  return [
    {
      label: "Pipit",
      submenu: [
        { role: "about", label: texts.about },
        { type: "separator" },
        { role: "hide", label: texts.hideApp },
        { role: "hideOthers", label: texts.hideOthers },
        { role: "unhide", label: texts.showAll },
        { type: "separator" },
        { role: "quit", label: quit },
      ],
    },
    {
      label: texts.edit,
      submenu: [
        { role: "undo", label: texts.undo },
        { role: "redo", label: texts.redo },
        { type: "separator" },
        { role: "cut", label: texts.cut },
        { role: "copy", label: texts.copy },
        { role: "paste", label: texts.paste },
        { role: "selectAll", label: texts.selectAll },
      ],
    },
    {
      role: "window",
      label: texts.window,
      submenu: [
        { role: "minimize", label: texts.minimize },
        // Cmd+W, which hides the window as its close button would.
        { role: "close", label: texts.close },
      ],
    },
  ];
}
