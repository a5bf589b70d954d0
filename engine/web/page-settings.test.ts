import { expect, test, vi } from "vitest";
import { defaultSettings } from "#contract/settings.ts";
import { openPageSettings } from "./page-settings.ts";
import { createMemoryValues } from "./page-values.ts";

test("settings are the default ones at first, and a change is kept", async () => {
  const values = createMemoryValues();
  {
    using settings = await openPageSettings(values);
    expect(settings.store.getState()).toEqual(defaultSettings);
    await settings.update({ theme: "dark", volume: 0.5 });
    expect(settings.store.getState()).toEqual({ ...defaultSettings, theme: "dark", volume: 0.5 });
  }
  using again = await openPageSettings(values);
  expect(again.store.getState()).toMatchObject({ theme: "dark", volume: 0.5 });
});

test("a change in one tab is a change in all, and two changes at once are both kept", async () => {
  const values = createMemoryValues();
  using one = await openPageSettings(values);
  using two = await openPageSettings(values);
  await Promise.all([one.update({ language: "ru" }), two.update({ speak: false })]);
  for (const tab of [one, two]) {
    await expect.poll(() => tab.store.getState()).toMatchObject({ language: "ru", speak: false });
  }
});

test("a browser without channels between tabs keeps them all the same", async () => {
  vi.stubGlobal("BroadcastChannel", undefined);
  const values = createMemoryValues();
  using settings = await openPageSettings(values);
  vi.unstubAllGlobals();
  await settings.update({ theme: "dark" });
  using again = await openPageSettings(values);
  expect(again.store.getState().theme).toBe("dark");
});

test("what another version wrote is taken as far as it can be read", async () => {
  const values = createMemoryValues();
  await values.update("settings", () => ({ theme: "sepia", language: "ru", volume: 7, later: true }));
  using settings = await openPageSettings(values);
  expect(settings.store.getState()).toEqual({ ...defaultSettings, language: "ru" });
  await values.update("settings", () => "nonsense");
  using again = await openPageSettings(values);
  expect(again.store.getState()).toEqual(defaultSettings);
});

test("a change is shown before it is stored: a switch that waits jumps back under the finger", async () => {
  using settings = await openPageSettings(createMemoryValues());
  const stored = settings.update({ speak: false });
  expect(settings.store.getState().speak).toBe(false);
  await stored;
});

test("a change that cannot be stored counts in this tab, so that a full browser stops no first steps", async () => {
  const values = createMemoryValues();
  using settings = await openPageSettings({ ...values, update: () => Promise.reject(new Error("full")) });
  await expect(settings.update({ firstRunDone: true })).rejects.toThrow("full");
  expect(settings.store.getState()).toEqual({ ...defaultSettings, firstRunDone: true });
});
