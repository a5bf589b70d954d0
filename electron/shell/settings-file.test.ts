import { mkdtemp, readdir, readFile, rm, stat, writeFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defaultSettings } from "#contract/settings.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { desktopFolder, openDesktopFiles } from "./settings-file.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "pipit-desktop-"));
  await mkdir(desktopFolder(home));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const open = () => openDesktopFiles(home, createFakeLogger());
const path = (name: string) => join(desktopFolder(home), name);

test("a first start has the defaults, no draft and no place", async () => {
  const files = await open();
  expect([files.settings.get(), files.draft.get(), files.places.get()]).toEqual([
    defaultSettings,
    { text: "" },
    {},
  ]);
});

test("everything survives a restart, readable only by its owner", async () => {
  const files = await open();
  const settings = { ...defaultSettings, theme: "dark", volume: 0.5 } as const;
  const places = { "7": { x: 1, y: 2, width: 400, height: 600 } };
  await Promise.all([
    files.settings.set(settings),
    files.draft.set({ text: "half a thou" }),
    files.places.set(places),
  ]);
  const again = await open();
  expect([again.settings.get(), again.draft.get(), again.places.get()]).toEqual([
    settings,
    { text: "half a thou" },
    places,
  ]);
  expect((await stat(path("settings.json"))).mode & 0o777).toBe(0o600);
});

test("many changes at once end with the last, and flush waits for it", async () => {
  const files = await open();
  for (let at = 0; at < 50; at += 1) void files.draft.set({ text: `draft ${at}` });
  expect(files.draft.get()).toEqual({ text: "draft 49" });
  await files.flush();
  expect(JSON.parse(await readFile(path("draft.json"), "utf8"))).toEqual({ text: "draft 49" });
});

describe("a damaged file", () => {
  test.each([
    ["half a file", '{"theme": "da'],
    ["no object", "[]"],
    ["a value out of range", JSON.stringify({ ...defaultSettings, volume: 7 })],
    ["nothing at all", ""],
    ["binary", "\u0000\u0001\u0002"],
  ])("of settings (%s) is put aside, told, and replaced by the defaults", async (_, content) => {
    await writeFile(path("settings.json"), content);
    await writeFile(path("draft.json"), '{"text":"kept"}');
    const files = await open();
    expect(files.settings.get()).toEqual(defaultSettings);
    expect(files.settings.setAside).toMatch(/settings\.json\.damaged-/);
    expect(await readFile(files.settings.setAside ?? "", "utf8")).toBe(content);
    expect([files.draft.get(), files.draft.setAside]).toEqual([{ text: "kept" }, undefined]);
  });

  test("of window places or of the draft does no more harm than that", async () => {
    await writeFile(path("window.json"), '{"1":{"x":"left"}}');
    await writeFile(path("draft.json"), "5");
    const files = await open();
    expect([files.places.get(), files.draft.get()]).toEqual([{}, { text: "" }]);
    expect((await readdir(desktopFolder(home))).filter((name) => name.includes("damaged"))).toHaveLength(2);
  });
});

test("a setting that a newer version added has its default, one that went away is dropped", async () => {
  await writeFile(path("settings.json"), JSON.stringify({ theme: "light", gone: true }));
  expect((await open()).settings.get()).toEqual({ ...defaultSettings, theme: "light" });
});
