import {
  app,
  autoUpdater,
  BrowserWindow,
  dialog,
  globalShortcut,
  Menu,
  nativeTheme,
  powerMonitor,
  session,
  shell,
} from "electron";
import { PipitError } from "#contract/pipit-error.ts";
import type { Settings } from "#contract/settings.ts";
import { version } from "#contract/build/version.ts";
import type { App } from "#engine/app/app.ts";
import type { ControlReply, ControlRequest } from "#engine/node/processes/app-control.ts";
import type { Logger } from "#contract/logger.ts";
import { serveApp } from "../windows/app-protocol.ts";
import type { builtParts, DesktopConfig } from "./config.ts";
import { openChatFiles } from "./chat-files.ts";
import { openControlSocket } from "./control-socket.ts";
import { parseDeepLink } from "./deep-link.ts";
import { openExternalLink } from "../windows/external-links.ts";
import { createPictureFiles, type PictureFiles } from "./picture-files.ts";
import { hotkeyNames, type HotkeyName } from "./desktop-settings.ts";
import { openNotices, type Notices } from "../notices/open-notices.ts";
import { createHotkeys, type Hotkeys } from "./hotkeys.ts";
import { openOtherPrograms } from "../other-programs/open-other-programs.ts";
import { openOwnPrompts } from "./own-prompts.ts";
import { macMenu } from "./app-menu.ts";
import { cleanUpBeforeQuit, followHurriedEnds } from "./quit.ts";
import { openScreenshots } from "./open-screenshots.ts";
import { createOutsidePictures } from "./outside-pictures.ts";
import type { DesktopFiles } from "./settings-file.ts";
import { openToolDialogs } from "../terminal/tool-dialogs.ts";
import { openUpdates } from "../update/open-updates.ts";
import { createHotkeyToggle } from "../windows/hotkey-toggle.ts";
import { openDesktopApp } from "./open-desktop-app.ts";
import { textsFor, type DesktopTexts } from "./texts.ts";
import { hasTray } from "../tray/tray-presence.ts";
import { runTray } from "../tray/run-tray.ts";
import { denyPermissions, guardContents } from "../windows/web-security.ts";
import { applySpelling } from "../windows/spelling.ts";
import { openWindows } from "../windows/open-windows.ts";
import type { Windows } from "../windows/windows.ts";
import { serveWindows } from "../ipc/serve-windows.ts";

export interface DesktopOptions {
  readonly config: DesktopConfig;
  readonly files: DesktopFiles;
  readonly logger: Logger;
  readonly parts: ReturnType<typeof builtParts>;
}

/** The running app, for other starts of it. */
export type Desktop = Awaited<ReturnType<typeof startDesktop>>;

/** Puts the app together; Electron must be ready. */
export async function startDesktop(options: DesktopOptions) {
  const { config, files, logger } = options;
  const { trayIcons: icons } = options.parts;
  const stop = new AbortController();
  prepareElectron(options);
  const hasTrayIcons = await hasTray(process.platform, {
    sessionBus: config.sessionBus,
    wayland: config.display.wayland !== undefined && config.display.x11 === undefined,
  });
  const desktop = openDesktopApp(options, hasTrayIcons, {
    captureScreen: (target, signal) => screenshots.capture(target, signal),
    listWindows: (signal) => screenshots.listWindows(signal),
    replaceSelection: (messageId) => others.replaceSelection(messageId),
    hide: async () => windows.hide(),
    prompts: async () => prompts.port,
    files: openChatFiles({ withWindowHidden: (work) => windows.withWindowHidden(work) }),
    show: () => windows.show(),
    takeHotkey: (name, accelerator) => keys[name].set(accelerator),
    onProblem: ({ code, message }) => windows.intend({ kind: "problem", code, message }),
    onSettled: (settled) => notices.settled(settled),
    onRoomNews: (news) => notices.heard(news),
  });
  const { pipit } = desktop;
  const settings = (): Settings => pipit.state.getState().settings;
  const texts = () => textsFor(settings().language, app.getLocale());
  const windows: Windows = openWindows(options, pipit, {
    texts,
    isUnseen: () => notices.unseen.getState(),
    onSeen: () => notices.seen(),
  });
  const { screenshots, covers, choice } = openScreenshots({ ...options, settings, texts, windows });
  const toggleFromHotkey = createHotkeyToggle(windows, screenshots, stop.signal);
  const takePicture = createOutsidePictures(windows, screenshots, stop.signal);
  const others = openOtherPrograms(config, pipit, windows);
  const prompts = openOwnPrompts(options, { settings, texts, windows, others });
  const keys = openHotkeys(pipit, {
    hotkey: toggleFromHotkey,
    regionHotkey: () => takePicture({ area: "region" }),
    selectionHotkey: prompts.takeSelection,
  });
  serveWindows(options, pipit, {
    windows,
    covers,
    choice,
    chooseUpdate: async () => await updates?.choose(),
  });
  const notices: Notices = openNotices({ pipit, windows, texts, logger });
  const { updates, tool } = await openPackaged(options, pipit, texts);
  const tray = hasTrayIcons
    ? runTray({ pipit, windows, takePicture, unseen: notices.unseen, updates, tool, texts, icons, logger })
    : undefined;
  const handOver = createPictureFiles(config.home, screenshots, stop.signal);
  const answers = controlAnswers(windows, { toggle: toggleFromHotkey, handOver }, keys.hotkey);
  const control = await openControlSocket(config.home, answers, logger);
  followPower(pipit);
  const cleanUp = async (): Promise<void> => {
    stop.abort(new PipitError("CANCELLED", "Pipit is closing."));
    windows.release();
    for (const part of [...Object.values(keys), prompts, tray, notices, updates]) part?.[Symbol.dispose]();
    await Promise.all([control[Symbol.asyncDispose](), desktop[Symbol.asyncDispose](), files.flush()]);
    windows[Symbol.dispose]();
  };
  const { hurry } = cleanUpBeforeQuit(app, cleanUp, logger);
  const [window] = BrowserWindow.getAllWindows();
  const release = (): void => windows.release();
  followHurriedEnds({ app, autoUpdater, powerMonitor, window, platform: process.platform, hurry, release });

  showAppMenu(pipit);
  for (const name of hotkeyNames) keys[name].set(settings()[name]);
  prompts.takeKeys();
  reportCorruptFiles(files, windows, texts().fileSetAside);
  void pipit.start();
  void updates?.start();
  // Without a tray there would be nothing to see of a start; and a first start explains itself.
  if (!settings().firstRunDone || tray === undefined) windows.show();
  return {
    show: () => windows.show(),
    toggle: () => void toggleFromHotkey(),
    /** Does what a `pipit:` link asks for; one that asks for something else is ignored. */
    openLink: (link: string) => followLink(link, windows, logger),
  };
}

/** Everything that is done by keys from anywhere. */
function openHotkeys(
  pipit: App,
  actions: Readonly<Record<HotkeyName, () => Promise<void>>>,
): Readonly<Record<HotkeyName, Hotkeys>> {
  const open = (name: HotkeyName): Hotkeys => {
    const keys = createHotkeys(globalShortcut, () => void actions[name]());
    keys.status.subscribe((status) => pipit.show({ [name]: status }));
    return keys;
  };
  return {
    hotkey: open("hotkey"),
    regionHotkey: open("regionHotkey"),
    selectionHotkey: open("selectionHotkey"),
  };
}

/** What only a packaged app has: newer versions of itself, and a command for the terminal. */
async function openPackaged(
  { config, files, logger }: DesktopOptions,
  pipit: App,
  texts: () => DesktopTexts,
) {
  const { updates: memory } = files;
  const { platform } = process;
  const { chat } = pipit;
  const updates = await openUpdates({ app, dialog, chat, texts, openPage: openDownloads, memory, logger });
  updates?.state.subscribe((update) => pipit.show({ update }));
  if (updates !== undefined) pipit.show({ update: updates.state.getState() });
  return {
    updates,
    tool: await openToolDialogs({ app, dialog, texts, platform, appImage: config.appImage }),
  };
}

function openDownloads(address: string): Promise<void> {
  return openExternalLink(address, shell);
}

/** After sleep, connections are dead and waiting messages late. */
function followPower(pipit: App): void {
  // Speech that goes on in a closed laptop, or after it was opened, is of no use. A client that cannot be opened is silent.
  const onSleep = (): void => void pipit.commands.stopSpeaking().catch(() => undefined);
  const onBack = (): void => void pipit.resume();
  powerMonitor.on("suspend", onSleep).on("lock-screen", onSleep);
  powerMonitor.on("resume", onBack).on("unlock-screen", onBack);
}

/** What holds for every page and session, before there is any. */
function prepareElectron({ files, parts }: DesktopOptions): void {
  guardContents(app, (url) => void openExternalLink(url, shell).catch(() => undefined));
  denyPermissions(session.defaultSession);
  serveApp(session.defaultSession, parts.renderer);
  // A source tree must not take the links of an installed Pipit.
  if (app.isPackaged) app.setAsDefaultProtocolClient("pipit");
  nativeTheme.themeSource = files.settings.get().theme;
  applySpelling(session.defaultSession, files.settings.get().spellcheck, process.platform, app.getLocale());
}

/** macOS takes copy, paste and undo from the menu; elsewhere there is none, and the keys work by themselves. */
function showAppMenu(pipit: App): void {
  if (process.platform !== "darwin") {
    Menu.setApplicationMenu(null);
    return;
  }
  const show = (): void => {
    const texts = textsFor(pipit.state.getState().settings.language, app.getLocale());
    Menu.setApplicationMenu(Menu.buildFromTemplate(macMenu(texts)));
  };
  show();
  pipit.state.subscribe((state, before) => {
    if (state.settings.language !== before.settings.language) show();
  });
}

function controlAnswers(
  windows: Windows,
  { toggle, handOver }: { readonly toggle: () => Promise<void>; readonly handOver: PictureFiles },
  hotkeys: Hotkeys,
): (request: ControlRequest) => Promise<ControlReply> {
  return async ({ command }) => {
    if (command === "toggle") await toggle();
    if (command === "show") windows.show();
    const reply = { version, visible: windows.isVisible(), hotkey: hotkeys.status.getState() };
    return command === "region" ? { ...reply, picture: await handOver() } : reply;
  };
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

function reportCorruptFiles(files: DesktopFiles, windows: Windows, text: (path: string) => string): void {
  for (const { setAside } of [files.settings, files.draft, files.roomDrafts, files.prompts, files.places]) {
    if (setAside !== undefined)
      windows.intend({ kind: "problem", code: "STORAGE_CORRUPT", message: text(setAside) });
  }
}
