import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { App } from "electron";

/** Brings the system's list of login items in line with the setting; does nothing for a source tree. */
export async function applyStartAtLogin(
  app: Pick<App, "isPackaged" | "setLoginItemSettings" | "getPath">,
  platform: NodeJS.Platform,
  wanted: boolean,
): Promise<void> {
  if (!app.isPackaged) return;
  if (platform !== "linux") {
    app.setLoginItemSettings({ openAtLogin: wanted });
    return;
  }
  // Electron has no such call on Linux; desktops read this folder (freedesktop.org, Autostart).
  const file = join(app.getPath("appData"), "autostart", "pipit.desktop");
  if (!wanted) {
    await rm(file, { force: true });
    return;
  }
  await mkdir(dirname(file), { recursive: true });
  const program = app.getPath("exe").replaceAll(/["`$\\]/gu, String.raw`\$&`);
  await writeFile(file, `[Desktop Entry]\nType=Application\nName=Pipit\nExec="${program}"\n`);
}
