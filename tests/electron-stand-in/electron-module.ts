/** What `import ... from "electron"` and `require("electron")` give in main. Anything else is an import error. */
import { app } from "./app.ts";
import { BrowserWindow } from "./browser-window.ts";
import { ipcMain } from "./ipc-main.ts";
import { Menu, MenuItem, Tray } from "./menu.ts";
import { nativeImage } from "./native-image.ts";
import { screen } from "./screen.ts";
import { protocol, session } from "./session.ts";
import {
  clipboard,
  desktopCapturer,
  dialog,
  globalShortcut,
  nativeTheme,
  net,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  safeStorage,
  shell,
  systemPreferences,
} from "./system.ts";
import { utilityProcess } from "./utility-process.ts";
import { webContents } from "./web-contents.ts";

export {
  app,
  BrowserWindow,
  clipboard,
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
