import { describe, expect, test } from "vitest";
import { formatAccelerator, keyStyleOf, readHotkey, type PressedKeys } from "./accelerator.ts";

const none = { ctrlKey: false, altKey: false, shiftKey: false, metaKey: false };
const press = (code: string, held: Partial<PressedKeys> = {}): PressedKeys => ({ ...none, ...held, code });

describe("reading pressed keys", () => {
  test.each([
    ["Space", { ctrlKey: true, shiftKey: true }, "names", "CommandOrControl+Shift+Space"],
    ["Space", { metaKey: true, shiftKey: true }, "mac", "CommandOrControl+Shift+Space"],
    ["Space", { ctrlKey: true }, "mac", "Control+Space"],
    ["KeyP", { metaKey: true }, "names", "Super+P"],
    ["Digit1", { altKey: true }, "names", "Alt+1"],
    ["Backquote", { ctrlKey: true }, "names", "CommandOrControl+`"],
    ["ArrowUp", { ctrlKey: true, altKey: true }, "names", "CommandOrControl+Alt+Up"],
    ["F9", {}, "names", "F9"],
    ["F24", { shiftKey: true }, "mac", "Shift+F24"],
  ] as const)("%s with %o on %s keys is %4$s", (code, held, style, accelerator) => {
    expect(readHotkey(press(code, held), style)).toEqual({ kind: "complete", accelerator });
  });

  test("goes by the key's place, so that a Russian layout gives the same hotkey", () => {
    // The event's `key` would be "з" here.
    expect(readHotkey(press("KeyP", { ctrlKey: true }), "names")).toEqual({
      kind: "complete",
      accelerator: "CommandOrControl+P",
    });
  });

  test.each([
    ["ControlLeft", { ctrlKey: true }, ["Ctrl"]],
    ["ShiftRight", { ctrlKey: true, shiftKey: true }, ["Ctrl", "Shift"]],
    ["MetaLeft", { metaKey: true }, ["Super"]],
  ] as const)("%s alone is not a hotkey yet", (code, held, keys) => {
    expect(readHotkey(press(code, held), "names")).toEqual({ kind: "pending", keys });
  });

  test.each([["KeyA"], ["Digit5"], ["Space"], ["Enter"], ["Comma"]])(
    "%s alone is left for typing",
    (code) => {
      expect(readHotkey(press(code), "names")).toEqual({ kind: "refused", reason: "needsModifier" });
    },
  );

  test("Shift and a letter are left for typing", () => {
    expect(readHotkey(press("KeyA", { shiftKey: true }), "names")).toEqual({
      kind: "refused",
      reason: "needsModifier",
    });
  });

  test.each([["F25"], ["AudioVolumeUp"], ["IntlBackslash"], ["Lang1"]])("%s cannot be used", (code) => {
    expect(readHotkey(press(code, { ctrlKey: true }), "names")).toEqual({
      kind: "refused",
      reason: "unknownKey",
    });
  });
});

describe("writing an accelerator", () => {
  test.each([
    ["CommandOrControl+Shift+Space", "names", ["Ctrl", "Shift", "Space"]],
    ["CommandOrControl+Shift+Space", "mac", ["⇧", "⌘", "Space"]],
    ["Control+Alt+K", "mac", ["⌃", "⌥", "K"]],
    ["cmdorctrl+k", "names", ["Ctrl", "k"]],
    ["Shift+Super+F1", "names", ["Super", "Shift", "F1"]],
    ["", "names", []],
  ] as const)("%s on %s keys is %o", (accelerator, style, keys) => {
    expect(formatAccelerator(accelerator, style)).toEqual(keys);
  });

  test("what was read is written as it was pressed", () => {
    const read = readHotkey(press("KeyJ", { ctrlKey: true, altKey: true }), "names");
    expect(read.kind === "complete" && formatAccelerator(read.accelerator, "names")).toEqual([
      "Ctrl",
      "Alt",
      "J",
    ]);
  });
});

test.each([
  ["mac", "", "mac"],
  ["linux", "Macintosh", "names"],
  ["browser", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "mac"],
  ["browser", "Mozilla/5.0 (X11; Linux x86_64)", "names"],
] as const)("keys on %s (%s) are written as %s", (platform, userAgent, style) => {
  expect(keyStyleOf(platform, userAgent)).toBe(style);
});
