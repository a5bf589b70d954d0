import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { App, LoginItemSettings } from "electron";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { applyStartAtLogin } from "./start-at-login.ts";

let folder: string;
let status: LoginItemSettings["status"];
let asked: unknown[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-login-"));
  status = "enabled";
  asked = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const app = () =>
  ({
    isPackaged: true,
    getPath: () => folder,
    setLoginItemSettings: (settings: unknown) => void asked.push(settings),
    getLoginItemSettings: () => ({ status }),
  }) as unknown as App;

test("[D7] an AppImage is started by its own file, not by its mount, which is another one each time", async () => {
  const { appImage = "" } = readConfig({ APPIMAGE: "/home/ada/Apps/Pipit $1.AppImage" }, []);
  const umask = process.umask(0);
  await applyStartAtLogin(app(), "linux", appImage, true).finally(() => process.umask(umask));
  const file = join(folder, "autostart", "pipit.desktop");
  expect(await readFile(file, "utf8")).toContain(String.raw`Exec="/home/ada/Apps/Pipit \$1.AppImage"`);
  // Others cannot say what runs when this person signs in.
  const modes = [dirname(file), file].map(async (path) => (await stat(path)).mode & 0o777);
  expect(await Promise.all(modes)).toEqual([0o700, 0o600]);
  await applyStartAtLogin(app(), "linux", appImage, false);
  await expect(readFile(file)).rejects.toThrow("ENOENT");
});

test("macOS may want an approval first: said, with the place to give it", async () => {
  await applyStartAtLogin(app(), "darwin", "/Applications/Pipit.app", true);
  status = "requires-approval";
  await expect(applyStartAtLogin(app(), "darwin", "/Applications/Pipit.app", true)).rejects.toMatchObject({
    code: "NOT_ALLOWED",
    message: expect.stringContaining("Login Items"),
  });
  await applyStartAtLogin(app(), "darwin", "/Applications/Pipit.app", false);
  expect(asked).toEqual([{ openAtLogin: true }, { openAtLogin: true }, { openAtLogin: false }]);
});
