import { homedir } from "node:os";
import type { App, Dialog } from "electron";
import { createStore } from "zustand/vanilla";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import { installTool, isToolInstalled, toolFolders, toolScript } from "./command-line-tool.ts";
import type { DesktopTexts } from "../shell/texts.ts";

export interface ToolHost {
  readonly app: Pick<App, "isPackaged" | "getPath">;
  readonly dialog: Pick<Dialog, "showMessageBox">;
  readonly texts: () => DesktopTexts;
  readonly platform: NodeJS.Platform;
  /** The file that this app runs out of, where that is an AppImage. */
  readonly appImage: string | undefined;
  /** Where the script may go, and the person is asked which. */
  readonly folders?: readonly [own: string, everyones: string];
}

/** "Install command line tool", for a packaged app. */
export interface ToolDialogs {
  /** Whether there is something to install. */
  readonly offered: ReadonlyStore<boolean>;
  /** Asks where to, installs, and tells the path or why not. */
  choose(): Promise<void>;
}

/**
 * Undefined where there is no such tool: in a source tree, which has `npx pipit`, and on Windows, where a program of the
 * desktop cannot read what is typed in a terminal.
 */
export async function openToolDialogs(host: ToolHost): Promise<ToolDialogs | undefined> {
  const { app, dialog, platform } = host;
  if (!app.isPackaged || platform === "win32") return undefined;
  const folders = host.folders ?? toolFolders(homedir());
  const script = toolScript(host.appImage ?? app.getPath("exe"), platform);
  const offered = createStore(() => true);
  const look = async (): Promise<void> => offered.setState(!(await isToolInstalled(folders, script)), true);
  await look();
  return {
    offered,
    async choose() {
      const texts = host.texts().tool;
      const { response } = await dialog.showMessageBox({
        type: "question",
        message: texts.question,
        detail: texts.explanation,
        buttons: [...folders.map(texts.into), texts.cancel],
        defaultId: 0,
        cancelId: folders.length,
      });
      const folder = folders[response];
      if (folder === undefined) return;
      const result = await installTool(folder, script);
      await look();
      const detail =
        result.kind === "refused"
          ? texts.refused(result.path, result.reason)
          : texts[result.kind](result.path);
      const type = result.kind === "installed" ? "info" : "warning";
      await dialog.showMessageBox({
        type,
        message: texts.title[result.kind],
        detail,
        buttons: [texts.close],
      });
    },
  };
}
