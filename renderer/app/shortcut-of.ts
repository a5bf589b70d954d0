/** What a key press asks of the window. */
export type Shortcut = "new-chat" | "chats" | "settings" | "shortcuts" | "back";

type Pressed = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

const byKey: Readonly<Record<string, Shortcut>> = { n: "new-chat", k: "chats", ",": "settings" };
const byCode: Readonly<Record<string, Shortcut>> = { KeyN: "new-chat", KeyK: "chats", Comma: "settings" };

/** Goes by what the layout prints if that is Latin, else by the key's place: Ctrl+Т on a Russian layout is Ctrl+N. */
export function shortcutOf(pressed: Pressed): Shortcut | undefined {
  const { key, code, ctrlKey, metaKey, altKey, shiftKey } = pressed;
  const held = ctrlKey || metaKey || altKey;
  // With Shift on most layouts, which is of no matter: it is the sign that is meant.
  if (key === "?") return held ? undefined : "shortcuts";
  if (key === "Escape") return held || shiftKey ? undefined : "back";
  if (altKey || shiftKey || ctrlKey === metaKey) return undefined;
  const latin = /^[\x20-\x7e]$/u.test(key);
  return latin ? byKey[key.toLowerCase()] : byCode[code];
}
