import { expect, test } from "vitest";
import { shortcutOf } from "./shortcut-of.ts";

const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };

test.each([
  [{ ctrlKey: true, key: "n", code: "KeyN" }, "new-chat"],
  [{ metaKey: true, key: "k", code: "KeyK" }, "chats"],
  [{ ctrlKey: true, key: ",", code: "Comma" }, "settings"],
  [{ ctrlKey: true, key: "т", code: "KeyN" }, "new-chat"],
  [{ ctrlKey: true, key: "б", code: "Comma" }, "settings"],
  // Dvorak: the key that prints "k" is where others have "v".
  [{ ctrlKey: true, key: "k", code: "KeyV" }, "chats"],
  [{ key: "Escape", code: "Escape" }, "back"],
  [{ shiftKey: true, key: "?", code: "Digit7" }, "shortcuts"],
])("%o is %s", (pressed, shortcut) => {
  expect(shortcutOf({ ...none, ...pressed })).toBe(shortcut);
});

test.each([
  [{ key: "n", code: "KeyN" }],
  [{ ctrlKey: true, shiftKey: true, key: "N", code: "KeyN" }],
  [{ ctrlKey: true, altKey: true, key: "n", code: "KeyN" }],
  [{ ctrlKey: true, metaKey: true, key: "n", code: "KeyN" }],
  [{ ctrlKey: true, key: "Escape", code: "Escape" }],
  [{ ctrlKey: true, key: "t", code: "KeyK" }],
])("%o is left alone", (pressed) => {
  expect(shortcutOf({ ...none, ...pressed })).toBeUndefined();
});
