import { clipboard, Menu, type BrowserWindow } from "electron";
import type { DesktopTexts } from "../shell/texts.ts";
import { contextMenuItems } from "./context-menu.ts";

/** Opens a menu for what is clicked in this window's page with the secondary button, or by the menu key. */
export function serveContextMenu(window: BrowserWindow, texts: () => DesktopTexts["menu"]): void {
  const { webContents: contents } = window;
  contents.on("context-menu", (_event, target) => {
    const items = contextMenuItems(target, process.platform, texts(), {
      replaceMisspelling: (word) => contents.replaceMisspelling(word),
      showDefinitionForSelection: () => contents.showDefinitionForSelection(),
      copyImageAt: (x, y) => contents.copyImageAt(x, y),
      learnWord: (word) => void contents.session.addWordToSpellCheckerDictionary(word),
      copyText: (text) => clipboard.writeText(text),
    });
    if (items.length === 0) return;
    const { frame, menuSourceType: sourceType } = target;
    // macOS adds its own items, as writing tools, for the frame.
    Menu.buildFromTemplate(items).popup({ window, sourceType, ...(frame === null ? {} : { frame }) });
  });
}
