import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { App } from "electron";
import { PipitError } from "#contract/pipit-error.ts";
import { writePrivateFile } from "#engine/node/files/private-files.ts";

/**
 * Brings the system's list of login items in line with the setting; does nothing for a source tree.
 *
 * @param program of this app
 * @throws PipitError NOT_ALLOWED when macOS wants the person's approval first
 */
export async function applyStartAtLogin(
  app: Pick<App, "isPackaged" | "setLoginItemSettings" | "getLoginItemSettings" | "getPath">,
  platform: NodeJS.Platform,
  program: string,
  wanted: boolean,
): Promise<void> {
  if (!app.isPackaged) return;
  if (platform !== "linux") {
    app.setLoginItemSettings({ openAtLogin: wanted });
    if (platform === "darwin" && wanted && app.getLoginItemSettings().status === "requires-approval") {
      throw new PipitError(
        "NOT_ALLOWED",
        "macOS starts Pipit at login once you allow it in System Settings, General, Login Items.",
        { field: "startAtLogin" },
      );
    }
    return;
  }
  // Electron has no such call on Linux; desktops read this folder (freedesktop.org, Autostart).
  const file = join(app.getPath("appData"), "autostart", "pipit.desktop");
  if (!wanted) {
    await rm(file, { force: true });
    return;
  }
  // Whatever the umask is: who can write here says what runs when this person signs in.
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const quoted = program.replaceAll(/["`$\\]/gu, String.raw`\$&`);
  await writePrivateFile(file, `[Desktop Entry]\nType=Application\nName=Pipit\nExec="${quoted}"\n`);
}
