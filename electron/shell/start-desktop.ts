import {
  app,
  BrowserWindow,
  clipboard,
  globalShortcut,
  Menu,
  nativeTheme,
  powerMonitor,
  screen,
  session,
  shell,
  systemPreferences,
  utilityProcess,
} from "electron";
import { PipitError } from "#contract/pipit-error.ts";
import type { SettingsPatch } from "#contract/settings.ts";
import { version } from "#contract/version.ts";
import type { ControlReply, ControlRequest } from "#engine/node/processes/app-control.ts";
import { createScreenCapture } from "#engine/node/screen/screen-capture.ts";
import type { Logger } from "#contract/logger.ts";
import { appMenuTemplate } from "../windows/app-menu.ts";
import { serveApp } from "../windows/app-protocol.ts";
import { createAudio } from "./audio.ts";
import { createCommands } from "../ipc/commands.ts";
import type { builtParts, DesktopConfig } from "./config.ts";
import { openControlSocket } from "./control-socket.ts";
import { parseDeepLink } from "./deep-link.ts";
import { openExternalLink } from "../windows/external-links.ts";
import { featuresOf, platformOf } from "./features.ts";
import { createHost, type Host } from "./host.ts";
import { createHotkeys, type Hotkeys } from "./hotkeys.ts";
import { registerIpc } from "../ipc/ipc.ts";
import { panelOptions } from "../windows/panel-window.ts";
import { followPower } from "./power.ts";
import { cleanUpBeforeQuit } from "./quit.ts";
import { createScreenshots, type Screenshots } from "./screenshot.ts";
import type { DesktopFiles } from "./settings-file.ts";
import { applyStartAtLogin } from "./start-at-login.ts";
import { createStateFeed, type StateFeed } from "../ipc/state-feed.ts";
import { createSummoner } from "../windows/summon.ts";
import { textsFor } from "./texts.ts";
import { hasTray } from "../tray/tray-presence.ts";
import { runTray } from "../tray/run-tray.ts";
import { createUtilityLauncher } from "./utility-launcher.ts";
import { denyPermissions, guardContents } from "../windows/web-security.ts";
import { openWindows, type Windows } from "../windows/windows.ts";

export interface DesktopOptions {
  readonly config: DesktopConfig;
  readonly files: DesktopFiles;
  readonly logger: Logger;
  readonly parts: ReturnType<typeof builtParts>;
}

/** The running app, for other starts of it. */
export interface Desktop {
  show(): void;
  /** Does what a `pipit:` link asks for; one that asks for something else is ignored. */
  openLink(link: string): void;
}

/** Puts the app together; Electron must be ready. */
export async function startDesktop(options: DesktopOptions): Promise<Desktop> {
  const { config, files, logger, parts } = options;
  const stop = new AbortController();
  prepareElectron(options);
  const tray = await hasTray(process.platform, {
    sessionBus: config.sessionBus,
    wayland: config.display.wayland !== undefined && config.display.x11 === undefined,
  });
  const host = openHost(options, tray);
  const texts = () => textsFor(host.app.getState().settings.language, app.getLocale());
  const feed = createStateFeed(host.chat, (patch) => windows.send("chat", patch));
  const windows: Windows = openPanel(options, host, feed);
  const screenshots = openScreenshots(options, host, windows);
  const summon = createSummoner({ windows, screenshots, signal: stop.signal });
  const hotkeys = createHotkeys(globalShortcut, () => void summon());
  const updateSettings = settingsUpdater(host, hotkeys);
  hotkeys.status.subscribe((hotkey) => host.setApp({ hotkey }));
  host.app.subscribe((state) => windows.send("app", state));
  host.auth.subscribe((state) => windows.send("auth", state));
  registerIpc({
    commands: createCommands({
      host,
      feed,
      draft: files.draft,
      onLoaded: () => windows.loaded(),
      captureScreen: (signal) => screenshots.capture(signal),
      updateSettings,
      openLink,
      copyText: (text) => clipboard.writeText(text),
      hideWindow: () => windows.hide(),
      signal: stop.signal,
    }),
    isOwnWindow: (id) => windows.isOwn(id),
    logger,
  });
  const trayHandle = tray
    ? runTray({ host, windows, updateSettings, texts, icons: parts.trayIcons, logger })
    : undefined;
  const control = await openControlSocket(config.home, controlAnswers(windows, summon, hotkeys), logger);
  followPower(powerMonitor, {
    onBack: () => host.resume(),
    onSleep: () => void stopSpeaking(host),
  });
  const cleanUp = async (): Promise<void> => {
    stop.abort(new PipitError("CANCELLED", "Pipit is closing."));
    windows.release();
    hotkeys[Symbol.dispose]();
    feed[Symbol.dispose]();
    trayHandle?.[Symbol.dispose]();
    await Promise.all([control[Symbol.asyncDispose](), host[Symbol.asyncDispose](), files.flush()]);
    windows[Symbol.dispose]();
  };
  cleanUpBeforeQuit(app, cleanUp, logger);

  hotkeys.set(files.settings.get().hotkey);
  tellDamage(files, windows, texts().fileSetAside);
  void host.start();
  // Without a tray there would be nothing to see of a start; and a first start explains itself.
  if (!files.settings.get().firstRunDone || trayHandle === undefined) windows.show();
  return { show: () => windows.show(), openLink: (link) => followLink(link, windows, logger) };
}

/** What holds for every page and session, before there is any. */
function prepareElectron({ files, parts }: DesktopOptions): void {
  guardContents(app, (url) => void openLink(url).catch(() => undefined));
  denyPermissions(session.defaultSession);
  serveApp(session.defaultSession, parts.renderer);
  const menu = appMenuTemplate(process.platform);
  Menu.setApplicationMenu(menu === undefined ? null : Menu.buildFromTemplate(menu));
  if (process.platform === "darwin") app.setActivationPolicy("accessory");
  // A source tree must not take the links of an installed Pipit.
  if (app.isPackaged) app.setAsDefaultProtocolClient("pipit");
  nativeTheme.themeSource = files.settings.get().theme;
}

function openLink(url: string): Promise<void> {
  return openExternalLink(url, shell);
}

function openPanel({ files, logger, parts }: DesktopOptions, host: Host, feed: StateFeed): Windows {
  const { platform } = process;
  const { preload } = parts;
  return openWindows({
    createWindow: () =>
      new BrowserWindow(
        panelOptions({ platform, preload, dark: nativeTheme.shouldUseDarkColors, title: "Pipit" }),
      ),
    screen,
    app,
    platform,
    places: files.places,
    isPinned: () => host.app.getState().settings.pinned,
    onVisible: (visible) => feed.setVisible(visible),
    onReload: () => feed.reset(),
    logger,
  });
}

function controlAnswers(
  windows: Windows,
  summon: () => Promise<void>,
  hotkeys: Hotkeys,
): (request: ControlRequest) => Promise<ControlReply> {
  return async ({ command }) => {
    if (command === "toggle") await summon();
    if (command === "show") windows.show();
    return { version, visible: windows.isVisible(), hotkey: hotkeys.status.getState() };
  };
}

async function stopSpeaking(host: Host): Promise<void> {
  try {
    await (await host.client()).engine.stopSpeaking();
  } catch {
    // What cannot be opened does not speak.
  }
}

function followLink(link: string, windows: Windows, logger: Logger): void {
  const wish = parseDeepLink(link);
  if (wish === undefined) {
    logger.warn("deep_link.refused", { chars: link.length });
    return;
  }
  windows.show();
  if (wish.kind === "compose") windows.intend(wish);
}

function openHost(options: DesktopOptions, tray: boolean): Host {
  const { config, files, logger, parts } = options;
  const { platform } = process;
  const hasDisplay = config.display.x11 !== undefined || config.display.wayland !== undefined;
  const features = featuresOf({ platform, hasDisplay, packaged: app.isPackaged, tray });
  const launcher = createUtilityLauncher({ utilityProcess, onServiceLost: () => host.serverEnded() });
  const speaker = createAudio({
    launcher,
    volume: files.settings.get().volume,
    onAvailability: (sound) => host.setApp({ features: { ...host.app.getState().features, sound } }),
    logger,
  });
  const host: Host = createHost({
    config,
    settings: files.settings,
    initial: {
      face: "desktop",
      platform: platformOf(platform),
      version,
      systemLocale: app.getLocale(),
      hotkey: { kind: "off" },
      features,
    },
    serverEntry: parts.serverEntry,
    launcher,
    speaker,
    logger,
  });
  return host;
}

function openScreenshots({ config, logger }: DesktopOptions, host: Host, windows: Windows): Screenshots {
  return createScreenshots({
    screen: createScreenCapture({
      display: config.display.x11,
      waylandDisplay: config.display.wayland,
      cursor: () => screen.getCursorScreenPoint(),
      logger,
    }),
    permission: () =>
      process.platform === "darwin" ? systemPreferences.getMediaAccessStatus("screen") : "granted",
    setting: () => host.app.getState().settings.screenshot,
    aside: (work) => windows.aside(work),
  });
}

/** What a change of the settings means outside the engine. */
function settingsUpdater(host: Host, hotkeys: Hotkeys): (patch: SettingsPatch) => Promise<void> {
  return async (patch) => {
    const { hotkey, ...rest } = patch;
    // One that the system refuses is not kept: the one before still works, and the status says why.
    const taken = hotkey !== undefined && hotkeys.set(hotkey);
    await host.updateSettings(taken ? { ...rest, hotkey } : rest);
    if (rest.theme !== undefined) nativeTheme.themeSource = rest.theme;
    if (rest.startAtLogin !== undefined) await applyStartAtLogin(app, process.platform, rest.startAtLogin);
  };
}

function tellDamage(files: DesktopFiles, windows: Windows, text: (path: string) => string): void {
  for (const { setAside } of [files.settings, files.draft, files.places]) {
    if (setAside !== undefined)
      windows.intend({ kind: "problem", code: "STORAGE_CORRUPT", message: text(setAside) });
  }
}
