import { join } from "node:path";
import { app, Menu, nativeImage, Tray, type MenuItemConstructorOptions } from "electron";
import type { CaptureTarget } from "#contract/commands/app.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { App } from "#engine/app/app.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import type { DesktopTexts } from "../shell/texts.ts";
import { readDroppedFiles } from "./dropped-files.ts";
import {
  trayIconFile,
  trayView,
  type TrayAccount,
  type TrayAction,
  type TrayItem,
  type TrayView,
} from "./tray-menu.ts";
import type { ToolDialogs } from "../terminal/tool-dialogs.ts";
import type { UpdateDialogs } from "../update/open-updates.ts";
import type { Windows } from "../windows/windows.ts";

export interface RunTrayDeps {
  readonly pipit: App;
  readonly windows: Windows;
  /** Puts a picture into the composer. */
  readonly takePicture: (target: CaptureTarget) => Promise<void>;
  /** Whether an answer has come that was not looked at. */
  readonly unseen: ReadonlyStore<boolean>;
  readonly updates: UpdateDialogs | undefined;
  readonly tool: ToolDialogs | undefined;
  readonly texts: () => DesktopTexts;
  /** Folder of the icons. */
  readonly icons: string;
  readonly logger: Logger;
}

/** Puts the tray icon up and keeps it true; undefined where the system has no place for one. */
export function runTray(deps: RunTrayDeps): Disposable | undefined {
  const { pipit, windows, logger } = deps;
  const view = (): TrayView =>
    trayView(
      {
        chat: pipit.chat.getState(),
        auth: pipit.auth.getState(),
        app: pipit.state.getState(),
        unseen: deps.unseen.getState(),
        update: deps.updates?.state.getState(),
        tool: deps.tool?.offered.getState(),
      },
      deps.texts(),
    );
  try {
    // Kept by the handle: a tray that is collected disappears.
    const tray = new Tray(loadIcon(view(), deps));
    // On macOS and Linux a click opens the menu.
    if (process.platform === "win32") tray.on("click", () => windows.toggle());
    // Only macOS tells of it: what is dragged can then be let go over the window, too.
    tray.on("drag-enter", () => windows.show());
    // Only macOS tells of it.
    tray.on("drop-files", (event, paths) => {
      event.preventDefault();
      void act(async () => {
        const files = await readDroppedFiles(paths);
        windows.show();
        windows.intend({ kind: "files", files });
      }, deps);
    });
    let shown: TrayView | undefined;
    const update = (): void => {
      const next = view();
      draw(tray, next, shown, deps);
      shown = next;
    };
    update();
    const stops = [
      pipit.auth.subscribe(update),
      pipit.state.subscribe(update),
      deps.unseen.subscribe(update),
      ...[deps.updates?.state, deps.tool?.offered].flatMap((store) => store?.subscribe(update) ?? []),
      pipit.chat.subscribe((state, before) => {
        // A streamed token changes nothing that the tray shows.
        const same =
          state.connection === before.connection &&
          state.queuedCount === before.queuedCount &&
          state.speak === before.speak &&
          state.activeMessageId === before.activeMessageId;
        if (!same) update();
      }),
    ];
    return {
      [Symbol.dispose]() {
        for (const stop of stops) stop();
        tray.destroy();
      },
    };
  } catch (error) {
    logger.warn("tray.missing", { error });
    const { features } = pipit.state.getState();
    pipit.show({ features: { ...features, tray: { available: false, reason: "no-tray" } } });
    return undefined;
  }
}

/** What is shown already costs nothing. */
function draw(tray: Tray, view: TrayView, shown: TrayView | undefined, deps: RunTrayDeps): void {
  if (view.icon !== shown?.icon) tray.setImage(loadIcon(view, deps));
  if (view.tooltip !== shown?.tooltip) tray.setToolTip(view.tooltip);
  if (JSON.stringify(view.items) !== JSON.stringify(shown?.items))
    tray.setContextMenu(Menu.buildFromTemplate(view.items.map((item) => toMenuItem(item, deps))));
}

function loadIcon({ icon }: TrayView, { icons }: RunTrayDeps) {
  return nativeImage.createFromPath(join(icons, trayIconFile(icon, process.platform)));
}

function toMenuItem(item: TrayItem, deps: RunTrayDeps): MenuItemConstructorOptions {
  switch (item.kind) {
    case "separator":
      return { type: "separator" };
    case "line":
      return { id: item.id, label: item.label, enabled: false };
    case "action":
      return {
        id: item.id,
        label: item.label,
        enabled: item.enabled,
        ...(item.checked === undefined ? {} : { type: "checkbox", checked: item.checked }),
        click: () => void act(actions[item.id], deps),
      };
    case "accounts":
      return {
        id: "accounts",
        label: item.label,
        submenu: item.items.map((one) => toAccountItem(one, deps)),
      };
  }
}

/** Only the one in use has a mark: a click would put one, also where the switch then fails. */
function toAccountItem(account: TrayAccount, deps: RunTrayDeps): MenuItemConstructorOptions {
  const { label, active, serverUrl, accountId } = account;
  if (active) return { label, type: "checkbox", checked: true, enabled: false };
  const switchTo: Action = ({ pipit }) => pipit.commands.switchAccount({ serverUrl, accountId });
  return { label, click: () => void act(switchTo, deps) };
}

type Action = (deps: RunTrayDeps) => Promise<unknown> | void;

async function act(action: Action, deps: RunTrayDeps): Promise<void> {
  const { windows } = deps;
  try {
    await action(deps);
  } catch (reason) {
    const { code, message } = PipitError.from(reason);
    windows.show();
    windows.intend({ kind: "problem", code, message });
  }
}

const actions: Readonly<Record<TrayAction, Action>> = {
  show: ({ windows }) => windows.show(),
  login: ({ windows }) => open("sign-in", windows),
  logout: ({ pipit }) => pipit.commands.signOut(),
  async newChat({ pipit, windows }) {
    await pipit.commands.newChat();
    windows.show();
  },
  pictureRegion: ({ takePicture }) => takePicture({ area: "region" }),
  pictureWindow: ({ windows }) => open("picture", windows),
  pictureScreen: ({ takePicture }) => takePicture({ area: "screen" }),
  toggleSpeak: ({ pipit }) => pipit.commands.updateSettings({ speak: !pipit.chat.getState().speak }),
  stopSpeaking: ({ pipit }) => pipit.commands.stopSpeaking(),
  settings: ({ windows }) => open("settings", windows),
  shortcuts: ({ windows }) => open("shortcuts", windows),
  update: ({ updates }) => updates?.choose(),
  tool: ({ tool }) => tool?.choose(),
  quit: () => app.quit(),
};

function open(view: "sign-in" | "settings" | "shortcuts" | "picture", windows: Windows): void {
  windows.show();
  windows.intend({ kind: "open", view });
}
