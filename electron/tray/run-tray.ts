import { app, Menu, nativeImage, Tray } from "electron";
import { PipitError } from "#contract/pipit-error.ts";
import type { App } from "#engine/app/app.ts";
import type { Logger } from "#contract/logger.ts";
import type { DesktopTexts } from "../shell/texts.ts";
import { trayView, type TrayAction, type TrayView } from "./tray-menu.ts";
import { openTray } from "./tray.ts";
import type { Windows } from "../windows/windows.ts";

export interface RunTrayDeps {
  readonly pipit: App;
  readonly windows: Windows;
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
      { chat: pipit.chat.getState(), auth: pipit.auth.getState(), app: pipit.state.getState() },
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
      pipit.auth.subscribe(update),
      pipit.state.subscribe(update),
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
        tray[Symbol.dispose]();
      },
    };
  } catch (error) {
    logger.warn("tray.missing", { error });
    const { features } = pipit.state.getState();
    pipit.show({ features: { ...features, tray: { available: false, reason: "no-tray" } } });
    return undefined;
  }
}

async function act(action: TrayAction, { pipit, windows }: RunTrayDeps): Promise<void> {
  const { commands } = pipit;
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
        await commands.signOut();
        break;
      case "newChat":
        await commands.newChat();
        windows.show();
        break;
      case "toggleSpeak":
        await commands.updateSettings({ speak: !pipit.chat.getState().speak });
        break;
      case "stopSpeaking":
        await commands.stopSpeaking();
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
