import { app, clipboard, nativeTheme, Notification, session, shell, utilityProcess } from "electron";
import type { Availability } from "#contract/app-state.ts";
import { version } from "#contract/build/version.ts";
import { App } from "#engine/app/app.ts";
import type { AppPorts, WindowPort } from "#engine/app/app-ports.ts";
import { createLazySpeaker } from "#engine/node/audio/lazy-speaker.ts";
import { openSpeaker } from "#engine/node/audio/speaker.ts";
import { createHttpClient } from "#engine/node/http/http-client.ts";
import { lookAtServer } from "#engine/session/look-at-server.ts";
import { systemClock } from "#engine/system-clock.ts";
import { openDesktopClient } from "./desktop-client.ts";
import { createDesktopSettings, type DesktopSettingsOptions } from "./desktop-settings.ts";
import { createSaveDraft, forgetRoomDrafts } from "./keep-drafts.ts";
import { tellsSelection } from "./own-prompts.ts";
import { createServerRestarts } from "./server-restarts.ts";
import { applyStartAtLogin } from "./start-at-login.ts";
import type { DesktopOptions } from "./start-desktop.ts";
import { createUtilityLauncher } from "../processes/utility-launcher.ts";
import { openExternalLink, openScreenSettings, openServerPage } from "../windows/external-links.ts";
import { applySpelling } from "../windows/spelling.ts";

/** What the application asks of the window's part of the desktop, which is made after it. */
export interface DesktopParts
  extends
    Pick<WindowPort, "captureScreen" | "listWindows" | "hide" | "prompts" | "replaceSelection">,
    Required<Pick<WindowPort, "files">>,
    Pick<AppPorts, "onProblem">,
    Required<Pick<AppPorts, "onSettled" | "onRoomNews">> {
  readonly takeHotkey: DesktopSettingsOptions["takeHotkey"];
  /** Brings the window to the front. */
  readonly show: () => void;
}

/** The headless application on this machine, with what only it uses. Contacts no server before its start. */
export function openDesktopApp(
  options: DesktopOptions,
  tray: boolean,
  parts: DesktopParts,
): AsyncDisposable & { readonly pipit: App } {
  const { config, files, logger } = options;
  const { serverEntry } = options.parts;
  const systemLocale = app.getLocale();
  const launcher = createUtilityLauncher(utilityProcess, () => restarts.ended());
  const setSound = (sound: Availability): void =>
    pipit.show({ features: { ...pipit.state.getState().features, sound } });
  // Its process starts with the first sound, and tells whether this machine can be heard.
  const speaker = createLazySpeaker(async () => {
    try {
      const opened = await openSpeaker({ logger, child: { launcher } });
      setSound({ available: true });
      return opened;
    } catch (error) {
      setSound({ available: false, reason: "no-sound-device" });
      throw error;
    }
  }, files.settings.get().volume);
  const showKeychain = (waiting: boolean): void => pipit.show({ tokenPlace: { kind: "keychain", waiting } });
  const pipit: App = new App({
    settings: createDesktopSettings({
      file: files.settings,
      takeHotkey: parts.takeHotkey,
      applyTheme: (theme) => {
        nativeTheme.themeSource = theme;
      },
      applySpelling: (wanted) =>
        applySpelling(session.defaultSession, wanted, process.platform, systemLocale),
      applyStartAtLogin: (wanted) => applyStartAtLogin(app, process.platform, programOf(config), wanted),
    }),
    openClient: (settings) =>
      openDesktopClient(
        {
          config,
          launcher,
          speaker,
          serverEntry,
          systemLocale,
          keepsHistory: () => files.settings.get().historyFile,
          reports: () => files.settings.get().reports,
          onKeychain: showKeychain,
          openPage: (address) => openServerPage(address, shell),
          onBack: parts.show,
        },
        settings,
      ),
    lookAtServer: (serverUrl, signal) => lookAtServer(createHttpClient(serverUrl), systemClock, signal),
    window: {
      captureScreen: parts.captureScreen,
      listWindows: parts.listWindows,
      openLink: (address, asked) => openExternalLink(address, shell, asked),
      openScreenSettings: () => openScreenSettings(process.platform, shell),
      copyText: async (text) => clipboard.writeText(text),
      replaceSelection: parts.replaceSelection,
      saveDraft: createSaveDraft(files, () => pipit.auth.getState()),
      hide: parts.hide,
      prompts: parts.prompts,
      files: parts.files,
    },
    setVolume: (volume) => speaker.setVolume(volume),
    onProblem: parts.onProblem,
    onSettled: parts.onSettled,
    onRoomNews: parts.onRoomNews,
    initial: initialState(options, tray),
    logger,
  });
  forgetRoomDrafts(files, pipit.auth);
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

/** The capabilities of this machine that are known before anything was tried. */
function initialState({ config }: DesktopOptions, tray: boolean): AppPorts["initial"] {
  const { platform } = process;
  const { display } = config;
  const works = { available: true } as const;
  const hasDisplay = platform !== "linux" || display.x11 !== undefined || display.wayland !== undefined;
  return {
    face: "desktop",
    platform: platform === "darwin" ? "mac" : platform === "win32" ? "windows" : "linux",
    version,
    systemLocale: app.getLocale(),
    hotkey: { kind: "off" },
    toggleCommand: app.isPackaged ? `"${programOf(config)}" --toggle` : "npx pipit toggle",
    regionHotkey: { kind: "off" },
    selectionHotkey: { kind: "off" },
    tellsSelection: tellsSelection(display),
    windowShape: "panel",
    features: {
      screenshot: hasDisplay ? works : { available: false, reason: "no-display" },
      sound: works,
      globalHotkey: works,
      startAtLogin: app.isPackaged ? works : { available: false, reason: "not-installed" },
      otherServers: works,
      tray: tray ? works : { available: false, reason: "no-tray" },
      notifications: Notification.isSupported() ? works : { available: false, reason: "no-notifications" },
    },
  };
}

/** What the system has to start. */
function programOf({ appImage }: DesktopOptions["config"]): string {
  return appImage ?? app.getPath("exe");
}
