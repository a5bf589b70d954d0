import { app, BrowserWindow, desktopCapturer, screen, systemPreferences } from "electron";
import { resolveLanguage } from "#contract/language.ts";
import type { Settings } from "#contract/settings.ts";
import { createScreenCapture } from "#engine/node/screen/screen-capture.ts";
import { createDisplayCovers } from "../capture/cover-displays.ts";
import { freezeDisplays } from "../capture/frozen-displays.ts";
import { createRegionChoice } from "../capture/region-choice.ts";
import { createWindowPictures } from "../capture/window-pictures.ts";
import type { Windows } from "../windows/windows.ts";
import { screenSource } from "./screen-source.ts";
import { createScreenshots } from "./screenshot.ts";
import type { DesktopOptions } from "./start-desktop.ts";
import type { DesktopTexts } from "./texts.ts";

export interface OpenScreenshotsOptions extends DesktopOptions {
  readonly settings: () => Settings;
  readonly texts: () => DesktopTexts;
  readonly windows: Windows;
}

export type OpenedScreenshots = ReturnType<typeof openScreenshots>;

/** Everything that takes pictures on this system. */
export function openScreenshots({ config, logger, parts, settings, texts, windows }: OpenScreenshotsOptions) {
  const { platform } = process;
  const { display } = config;
  const isMac = platform === "darwin";
  const covers = createDisplayCovers(parts.preload);
  const choice = createRegionChoice({
    freeze: (signal) => freezeDisplays(platform, { display }, screen, desktopCapturer, signal),
    cover: (ids, onLost) => covers.cover(ids, onLost),
    describe: () => ({
      texts: texts().region,
      language: resolveLanguage(settings().language, app.getLocale()),
    }),
  });
  const screenshots = createScreenshots({
    screen: createScreenCapture({ display, ...screenSource(platform, screen, desktopCapturer), logger }),
    region: choice,
    windows: createWindowPictures({
      capturer: desktopCapturer,
      ownSources: () => new Set(BrowserWindow.getAllWindows().map((window) => window.getMediaSourceId())),
    }),
    permission: () => (isMac ? systemPreferences.getMediaAccessStatus("screen") : "granted"),
    responsibleApp: app.isPackaged ? "Pipit" : "the terminal that Pipit was started from",
    setting: () => settings().screenshot,
    withWindowHidden: (work) => windows.withWindowHidden(work),
  });
  return { screenshots, covers, choice };
}
