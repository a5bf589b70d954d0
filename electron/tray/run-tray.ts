import { app, Menu, nativeImage, Tray } from "electron";
import { PipitError } from "#contract/pipit-error.ts";
import type { SettingsPatch } from "#contract/settings.ts";
import type { Logger } from "#contract/logger.ts";
import type { Host } from "../shell/host.ts";
import type { DesktopTexts } from "../shell/texts.ts";
import { trayView, type TrayAction, type TrayView } from "./tray-menu.ts";
import { openTray } from "./tray.ts";
import type { Windows } from "../windows/windows.ts";

export interface RunTrayDeps {
  readonly host: Host;
  readonly windows: Windows;
  readonly updateSettings: (patch: SettingsPatch) => Promise<void>;
  readonly texts: () => DesktopTexts;
  /** Folder of the icons. */
  readonly icons: string;
  readonly logger: Logger;
}

/** Puts the tray icon up and keeps it true; undefined where the system has no place for one. */
export function runTray(deps: RunTrayDeps): Disposable | undefined {
  const { host, windows, logger } = deps;
  const view = (): TrayView =>
    trayView(
      { chat: host.chat.getState(), auth: host.auth.getState(), app: host.app.getState() },
      deps.texts(),
    );
  try {
    const tray = openTray(
      {
        createTray: (image) => new Tray(image),
        loadImage: (path) => nativeImage.createFromPath(path),
        buildMenu: (template) => Menu.buildFromTemplate(template),
        icons: deps.icons,
        platform: process.platform,
        onAction: (action) => void act(action, deps),
        onClick: () => windows.toggle(),
      },
      view(),
    );
    const update = (): void => tray.update(view());
    const stops = [
      host.auth.subscribe(update),
      host.app.subscribe(update),
      host.chat.subscribe((state, before) => {
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
        tray[Symbol.dispose]();
      },
    };
  } catch (error) {
    logger.warn("tray.missing", { error });
    host.setApp({
      features: { ...host.app.getState().features, tray: { available: false, reason: "no-tray" } },
    });
    return undefined;
  }
}

async function act(action: TrayAction, deps: RunTrayDeps): Promise<void> {
  const { host, windows } = deps;
  try {
    switch (action) {
      case "show":
        windows.show();
        break;
      case "login":
        windows.show();
        windows.intend({ kind: "open", view: "sign-in" });
        break;
      case "logout":
        await (await host.client()).logout(AbortSignal.timeout(LOGOUT_TIMEOUT_MS));
        break;
      case "newChat":
        (await host.client()).engine.newChat();
        windows.show();
        break;
      case "toggleSpeak":
        await deps.updateSettings({ speak: !host.chat.getState().speak });
        break;
      case "stopSpeaking":
        await (await host.client()).engine.stopSpeaking();
        break;
      case "settings":
        windows.show();
        windows.intend({ kind: "open", view: "settings" });
        break;
      case "quit":
        app.quit();
        break;
    }
  } catch (reason) {
    const { code, message } = PipitError.from(reason);
    windows.show();
    windows.intend({ kind: "problem", code, message });
  }
}

/** The tokens are forgotten at once; this bounds telling the server. */
const LOGOUT_TIMEOUT_MS = 15_000;
