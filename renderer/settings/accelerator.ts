import type { AppState } from "#contract/app-state.ts";

/** Writing keys as on a Mac's keyboard (symbols) or on all others (names). */
export type KeyStyle = "mac" | "names";

/** What a KeyboardEvent tells of a combination; `code` is the key's place, whatever the layout prints on it. */
export interface PressedKeys {
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly metaKey: boolean;
}

/** What pressed keys mean as a global hotkey. */
export type ReadHotkey =
  /** Only modifiers so far; `keys` is how they are written. */
  | { readonly kind: "pending"; readonly keys: readonly string[] }
  | { readonly kind: "complete"; readonly accelerator: string }
  | { readonly kind: "refused"; readonly reason: "needsModifier" | "unknownKey" };

type Modifier = "CommandOrControl" | "Control" | "Alt" | "Shift" | "Super";

/** In Apple's order; elsewhere the same order is usual too. */
const modifierOrder: readonly Modifier[] = ["Control", "CommandOrControl", "Super", "Alt", "Shift"];
const macOrder: readonly Modifier[] = ["Control", "Alt", "Shift", "CommandOrControl", "Super"];
const modifierAliases: Readonly<Record<string, Modifier>> = {
  commandorcontrol: "CommandOrControl",
  cmdorctrl: "CommandOrControl",
  command: "CommandOrControl",
  cmd: "CommandOrControl",
  control: "Control",
  ctrl: "Control",
  alt: "Alt",
  option: "Alt",
  shift: "Shift",
  super: "Super",
  meta: "Super",
};
const written: Readonly<Record<KeyStyle, Readonly<Record<Modifier, string>>>> = {
  mac: { CommandOrControl: "⌘", Control: "⌃", Alt: "⌥", Shift: "⇧", Super: "⌘" },
  names: { CommandOrControl: "Ctrl", Control: "Ctrl", Alt: "Alt", Shift: "Shift", Super: "Super" },
};

/** `KeyboardEvent.code` to Electron's name of the key, for those that are not a letter, a digit or F1 to F24. */
const keyOfCode: Readonly<Record<string, string>> = {
  Space: "Space",
  Tab: "Tab",
  Backspace: "Backspace",
  Delete: "Delete",
  Insert: "Insert",
  Enter: "Return",
  ArrowUp: "Up",
  ArrowDown: "Down",
  ArrowLeft: "Left",
  ArrowRight: "Right",
  Home: "Home",
  End: "End",
  PageUp: "PageUp",
  PageDown: "PageDown",
  Minus: "-",
  Equal: "=",
  BracketLeft: "[",
  BracketRight: "]",
  Backslash: "\\",
  Semicolon: ";",
  Quote: "'",
  Backquote: "`",
  Comma: ",",
  Period: ".",
  Slash: "/",
  PrintScreen: "PrintScreen",
};
const modifierCodes = /^(?:Control|Shift|Alt|Meta|OS)(?:Left|Right)?$/u;
const functionKey = /^F(?:[1-9]|1\d|2[0-4])$/u;

/** How keys are written here; a page in a browser goes by the browser's own word for its system. */
export function keyStyleOf(platform: AppState["platform"], userAgent: string): KeyStyle {
  if (platform === "browser") return /\bMac/u.test(userAgent) ? "mac" : "names";
  return platform === "mac" ? "mac" : "names";
}

/** Reads a key press as a hotkey. A modifier must be held, unless it is a function key: all others are for typing. */
export function readHotkey(pressed: PressedKeys, style: KeyStyle): ReadHotkey {
  const modifiers = modifiersOf(pressed, style);
  if (modifierCodes.test(pressed.code) || pressed.code === "") {
    return { kind: "pending", keys: write(modifiers, style) };
  }
  const key = keyName(pressed.code);
  if (key === undefined) return { kind: "refused", reason: "unknownKey" };
  const free = functionKey.test(key) || modifiers.some((modifier) => modifier !== "Shift");
  if (!free) return { kind: "refused", reason: "needsModifier" };
  return { kind: "complete", accelerator: [...modifiers, key].join("+") };
}

/**
 * An Electron accelerator as it is written on keys.
 *
 * @example formatAccelerator("CommandOrControl+Shift+Space", "names") // ["Ctrl", "Shift", "Space"]
 */
export function formatAccelerator(accelerator: string, style: KeyStyle): readonly string[] {
  const parts = accelerator.split("+").filter((part) => part !== "");
  const modifiers: Modifier[] = [];
  const keys: string[] = [];
  for (const part of parts) {
    const modifier = modifierAliases[part.toLowerCase()];
    if (modifier === undefined) keys.push(part);
    else modifiers.push(modifier);
  }
  return [...write(modifiers, style), ...keys];
}

function modifiersOf(pressed: PressedKeys, style: KeyStyle): readonly Modifier[] {
  const mac = style === "mac";
  return [
    ...(pressed.ctrlKey ? [mac ? "Control" : "CommandOrControl"] : []),
    ...(pressed.metaKey ? [mac ? "CommandOrControl" : "Super"] : []),
    ...(pressed.altKey ? ["Alt"] : []),
    ...(pressed.shiftKey ? ["Shift"] : []),
  ] as readonly Modifier[];
}

function keyName(code: string): string | undefined {
  const plain = /^(?:Key([A-Z])|Digit(\d))$/u.exec(code);
  if (plain !== null) return plain[1] ?? plain[2];
  return functionKey.test(code) ? code : keyOfCode[code];
}

function write(modifiers: readonly Modifier[], style: KeyStyle): readonly string[] {
  const order = style === "mac" ? macOrder : modifierOrder;
  return order.filter((modifier) => modifiers.includes(modifier)).map((modifier) => written[style][modifier]);
}
