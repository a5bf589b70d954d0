import { BrowserWindow, nativeTheme } from "electron";
import type { App } from "#engine/app/app.ts";
import type { DesktopOptions } from "../shell/start-desktop.ts";
import type { DesktopTexts } from "../shell/texts.ts";
import { followTheme, framedOptions, panelOptions, type PanelLook } from "./panel-window.ts";
import { serveContextMenu } from "./serve-context-menu.ts";
import { Windows } from "./windows.ts";

interface Around {
  readonly texts: () => DesktopTexts;
  /** An answer has come that was not looked at. */
  readonly isUnseen: () => boolean;
  /** The person looks at the chat. */
  readonly onSeen: () => void;
}

/** Makes the panel, hidden, and the window with a frame when it is asked for. */
export function openWindows(
  { files, logger, parts }: DesktopOptions,
  pipit: App,
  { texts, isUnseen, onSeen }: Around,
): Windows {
  const { platform } = process;
  const settings = () => pipit.state.getState().settings;
  const make = (optionsOf: (look: PanelLook) => Electron.BrowserWindowConstructorOptions): BrowserWindow => {
    const look = { platform, preload: parts.preload, dark: nativeTheme.shouldUseDarkColors };
    const window = new BrowserWindow(optionsOf(look));
    followTheme(window, nativeTheme, platform);
    serveContextMenu(window, () => texts().menu);
    return window;
  };
  return new Windows({
    window: make(panelOptions),
    makeFramed: () => make(framedOptions),
    places: files.places,
    settings,
    needsRoom: () =>
      isUnseen() || !settings().firstRunDone || pipit.chat.getState().activeMessageId !== undefined,
    shown: pipit,
    draft: () => files.draft.get().text,
    onShape: (windowShape) => pipit.show({ windowShape }),
    onVisible: (visible) => (visible ? onSeen() : undefined),
    logger,
  });
}
