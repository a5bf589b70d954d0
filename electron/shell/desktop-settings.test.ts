import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { defaultSettings } from "#contract/settings.ts";
import type { SettingsPort } from "#engine/app/app-ports.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { createDesktopSettings } from "./desktop-settings.ts";
import { desktopFolder, openDesktopFiles } from "./settings-file.ts";

let home: string;
/** What the system was asked for. */
let asked: string[];
let takesHotkey: boolean;
let settings: SettingsPort;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "pipit-settings-"));
  asked = [];
  takesHotkey = true;
  settings = createDesktopSettings({
    file: (await openDesktopFiles(home, createFakeLogger())).settings,
    takeHotkey: (name, accelerator) => asked.push(`${name} ${accelerator}`) > 0 && takesHotkey,
    applyTheme: (theme) => asked.push(`theme ${theme}`),
    applySpelling: (wanted) => asked.push(`spelling ${wanted}`),
    applyStartAtLogin: async (wanted) => void asked.push(`login ${wanted}`),
  });
});
afterEach(() => rm(home, { recursive: true, force: true }));

const kept = async () =>
  JSON.parse(await readFile(join(desktopFolder(home), "settings.json"), "utf8")) as unknown;

test("a change is in effect at once, reaches the system, and is kept", async () => {
  const update = settings.update({ hotkey: "Alt+P", theme: "dark", startAtLogin: true, spellcheck: true });
  const changed = {
    ...defaultSettings,
    hotkey: "Alt+P",
    theme: "dark",
    startAtLogin: true,
    spellcheck: true,
  };
  expect(settings.store.getState()).toEqual(changed);
  await update;
  expect([asked, await kept()]).toEqual([
    ["hotkey Alt+P", "theme dark", "spelling true", "login true"],
    changed,
  ]);
});

test("a hotkey that the system refuses is not kept; what came with it is", async () => {
  takesHotkey = false;
  await settings.update({ hotkey: "Alt+P", pinned: true });
  expect(await kept()).toEqual({ ...defaultSettings, pinned: true });
});

test.each(["http://pipit.example", "https://me:pw@pipit.example", "pipit"])(
  "with the server %s nothing changes at all",
  async (serverUrl) => {
    await expect(settings.update({ serverUrl, theme: "dark", hotkey: "Alt+P" })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      field: "serverUrl",
    });
    expect([settings.store.getState(), asked]).toEqual([defaultSettings, []]);
  },
);
