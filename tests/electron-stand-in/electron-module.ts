/** What `import ... from "electron"` and `require("electron")` give in main. Anything else is an import error. */
import { app } from "./app.ts";
import { autoUpdater } from "./auto-updater.ts";
import { BrowserWindow } from "./browser-window.ts";
import { clipboard, ClipboardItem } from "./clipboard.ts";
import { desktopCapturer } from "./capture.ts";
import { ipcMain } from "./ipc-main.ts";
import { Menu, MenuItem } from "./menu.ts";
import { nativeImage } from "./native-image.ts";
import { Notification } from "./notification.ts";
import { screen } from "./screen.ts";
import { powerMonitor } from "./power.ts";
import { protocol, session } from "./session.ts";
import { globalShortcut } from "./shortcuts.ts";
import {
  dialog,
  nativeTheme,
  net,
  powerSaveBlocker,
  safeStorage,
  shell,
  systemPreferences,
} from "./system.ts";
import { Tray } from "./tray.ts";
import { utilityProcess } from "./utility-process.ts";
import { webContents } from "./web-contents.ts";

export {
  app,
  autoUpdater,
  BrowserWindow,
  clipboard,
  ClipboardItem,
  desktopCapturer,
  dialog,
  globalShortcut,
  ipcMain,
  Menu,
  MenuItem,
  nativeImage,
  nativeTheme,
  net,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  systemPreferences,
  Tray,
  utilityProcess,
  webContents,
};
