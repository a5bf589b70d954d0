import { app, clipboard, nativeTheme, shell, utilityProcess } from "electron";
import { version } from "#contract/version.ts";
import type { PipitError } from "#contract/pipit-error.ts";
import { createApp, type App } from "#engine/app/app.ts";
import type { WindowPort } from "#engine/app/app-ports.ts";
import { createAudio } from "./audio.ts";
import { openDesktopClient } from "./desktop-client.ts";
import { createDesktopSettings } from "./desktop-settings.ts";
import { featuresOf, platformOf } from "./features.ts";
import { createServerRestarts } from "./server-restarts.ts";
import { applyStartAtLogin } from "./start-at-login.ts";
import type { DesktopOptions } from "./start-desktop.ts";
import { createUtilityLauncher } from "./utility-launcher.ts";
import { openExternalLink } from "../windows/external-links.ts";

/** What the application asks of the window's part of the desktop, which is made after it. */
export interface DesktopParts extends Pick<WindowPort, "captureScreen" | "hide"> {
  readonly takeHotkey: (accelerator: string) => boolean;
  readonly onProblem: (error: PipitError) => void;
}

/** The headless application on this machine, with what only it uses. Disposed of as one. */
export interface DesktopApp extends AsyncDisposable {
  readonly pipit: App;
}

/** Opens the client at once; contacts no server. */
export function openDesktopApp(options: DesktopOptions, tray: boolean, parts: DesktopParts): DesktopApp {
  const { config, files, logger } = options;
  const { serverEntry } = options.parts;
  const systemLocale = app.getLocale();
  const settings = createDesktopSettings({
    file: files.settings,
    takeHotkey: parts.takeHotkey,
    applyTheme: (theme) => {
      nativeTheme.themeSource = theme;
    },
    applyStartAtLogin: (wanted) => applyStartAtLogin(app, process.platform, wanted),
  });
  const launcher = createUtilityLauncher({ utilityProcess, onServiceLost: () => restarts.ended() });
  const speaker = createAudio({
    launcher,
    volume: files.settings.get().volume,
    onAvailability: (sound) => pipit.show({ features: { ...pipit.state.getState().features, sound } }),
    logger,
  });
  const pipit: App = createApp({
    settings,
    openClient: (current) =>
      openDesktopClient({ config, launcher, speaker, serverEntry, systemLocale }, current),
    window: {
      captureScreen: parts.captureScreen,
      openLink: (address) => openExternalLink(address, shell),
      copyText: async (text) => clipboard.writeText(text),
      saveDraft: (text) => files.draft.set(text),
      hide: parts.hide,
    },
    setVolume: (volume) => speaker.setVolume(volume),
    onProblem: parts.onProblem,
    initial: {
      face: "desktop",
      platform: platformOf(process.platform),
      version,
      systemLocale,
      hotkey: { kind: "off" },
      features: featuresOf({
        platform: process.platform,
        hasDisplay: config.display.x11 !== undefined || config.display.wayland !== undefined,
        packaged: app.isPackaged,
        tray,
      }),
    },
    logger,
  });
  const restarts = createServerRestarts(() => pipit.look(), logger);
  return {
    pipit,
    async [Symbol.asyncDispose]() {
      restarts[Symbol.dispose]();
      await pipit[Symbol.asyncDispose]();
      await speaker[Symbol.asyncDispose]();
    },
  };
}
