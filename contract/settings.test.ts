import { expect, test } from "vitest";
import { defaultSettings, mergeSettings } from "./settings.ts";

test("a change leaves everything that it does not name", () => {
  expect(mergeSettings(defaultSettings, { pinned: true, hotkey: undefined })).toEqual({
    ...defaultSettings,
    pinned: true,
  });
});
