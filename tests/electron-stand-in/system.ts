import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { NativeImage } from "./native-image.ts";
import { protocol } from "./session.ts";
import { NotInStandInError, strict, StrictEmitter, StrictObject } from "./strict.ts";

/** Small modules that stand for the desktop around the app. */

const modifiers = new Set([
  "command",
  "cmd",
  "control",
  "ctrl",
  "commandorcontrol",
  "cmdorctrl",
  "alt",
  "option",
  "altgr",
  "shift",
  "super",
  "meta",
]);
const named =
  /^(?:[a-z0-9]|f(?:[1-9]|1\d|2[0-4])|[)!@#$%^&*(:;+=<,_\->.?/~`{\][|\\}"']|plus|space|tab|capslock|numlock|scrolllock|backspace|delete|insert|return|enter|up|down|left|right|home|end|pageup|pagedown|escape|esc|volumeup|volumedown|volumemute|media\w+|printscreen|num\w+)$/i;

class GlobalShortcut extends StrictObject {
  readonly #callbacks = new Map<string, () => void>();
  constructor() {
    super("globalShortcut");
  }
  /** False for one that is taken; throws for what is no accelerator, as Electron does. */
  register(accelerator: string, callback: () => void): boolean {
    const parts = accelerator.split("+").filter((part) => part !== "");
    const key = parts.at(-1) ?? "";
    const valid = parts.slice(0, -1).every((part) => modifiers.has(part.toLowerCase())) && named.test(key);
    if (!valid)
      throw new TypeError("Error processing argument at index 0, conversion failure from " + accelerator);
    if (this.#callbacks.has(accelerator)) return false;
    this.#callbacks.set(accelerator, callback);
    return true;
  }
  unregister(accelerator: string): void {
    this.#callbacks.delete(accelerator);
  }
  unregisterAll(): void {
    this.#callbacks.clear();
  }
  isRegistered(accelerator: string): boolean {
    return this.#callbacks.has(accelerator);
  }
}
export const globalShortcut = new GlobalShortcut();

/** Opens nothing: tests replace `openExternal` to see what would open. */
export const shell = strict(
  {
    openExternal: async (_url: string): Promise<void> => {},
    openPath: async (_path: string): Promise<string> => "",
    showItemInFolder: (_path: string): void => {},
    beep: (): void => {},
  },
  "shell",
);

/** Answers with the default button at once; there is no user to ask. */
export const dialog = strict(
  {
    showMessageBox: async (...args: unknown[]) => {
      const options = args.at(-1) as { readonly defaultId?: number };
      return { response: options.defaultId ?? 0, checkboxChecked: false };
    },
    showErrorBox: (title: string, content: string): void => console.error(`${title}: ${content}`),
    showOpenDialog: async () => ({ canceled: true, filePaths: [] as string[] }),
    showSaveDialog: async () => ({ canceled: true, filePath: "" }),
  },
  "dialog",
);

let clipboardText = "";
let clipboardImage = new NativeImage(Buffer.alloc(0));
/** Of this process only. */
export const clipboard = strict(
  {
    readText: (): string => clipboardText,
    writeText: (text: string): void => {
      clipboardText = text;
    },
    readImage: (): NativeImage => clipboardImage,
    writeImage: (image: NativeImage): void => {
      clipboardImage = image;
    },
    clear: (): void => {
      clipboardText = "";
    },
  },
  "clipboard",
);

class NativeTheme extends StrictEmitter {
  readonly shouldUseHighContrastColors = false;
  readonly inForcedColorsMode = false;
  readonly prefersReducedTransparency = false;
  #source: "system" | "light" | "dark" = "system";
  constructor() {
    super("nativeTheme", ["updated"]);
  }
  get shouldUseDarkColors(): boolean {
    return this.#source === "dark";
  }
  get themeSource(): "system" | "light" | "dark" {
    return this.#source;
  }
  set themeSource(source: "system" | "light" | "dark") {
    this.#source = source;
    setImmediate(() => this.emit("updated"));
  }
}
export const nativeTheme = new NativeTheme();

class SystemPreferences extends StrictEmitter {
  constructor() {
    super("systemPreferences", ["color-changed", "accent-color-changed"]);
  }
  getMediaAccessStatus(_type: string): string {
    return "granted";
  }
  getAccentColor(): string {
    return "0066ccff";
  }
  getAnimationSettings(): object {
    return {
      shouldRenderRichAnimation: true,
      scrollAnimationsEnabledBySystem: true,
      prefersReducedMotion: false,
    };
  }
}
export const systemPreferences = new SystemPreferences();

class PowerMonitor extends StrictEmitter {
  onBatteryPower = false;
  constructor() {
    super("powerMonitor", [
      "suspend",
      "resume",
      "on-ac",
      "on-battery",
      "shutdown",
      "lock-screen",
      "unlock-screen",
      "user-did-become-active",
      "user-did-resign-active",
      "thermal-state-change",
      "speed-limit-change",
    ]);
  }
  getSystemIdleTime(): number {
    return 0;
  }
  isOnBatteryPower(): boolean {
    return this.onBatteryPower;
  }
}
export const powerMonitor = new PowerMonitor();

export const powerSaveBlocker = strict(
  { start: () => 1, stop: () => true, isStarted: () => false },
  "powerSaveBlocker",
);

class Net extends StrictObject {
  online = true;
  constructor() {
    super("net");
  }
  isOnline(): boolean {
    return this.online;
  }
  async fetch(input: string | Request, init?: RequestInit): Promise<Response> {
    const request = typeof input === "string" ? undefined : input;
    const url = new URL(request?.url ?? (input as string));
    if (url.protocol === "http:" || url.protocol === "https:") return fetch(input, init);
    if (url.protocol === "file:") return new Response(new Uint8Array(await readFile(fileURLToPath(url))));
    const handler = protocol.handlerOf(url.protocol.slice(0, -1));
    if (handler === undefined) throw new Error("net::ERR_UNKNOWN_URL_SCHEME");
    return handler(request ?? new Request(url, init));
  }
}
export const net = new Net();

/** The login window's encryption is not ours to imitate: the app must cope without it. */
export const safeStorage = strict(
  {
    isEncryptionAvailable: (): boolean => false,
    isAsyncEncryptionAvailable: async (): Promise<boolean> => false,
    getSelectedStorageBackend: (): string => "basic_text",
  },
  "safeStorage",
);

export class Notification extends StrictEmitter {
  readonly title: string;
  readonly body: string;
  constructor(options: { readonly title?: string; readonly body?: string } = {}) {
    super("Notification", ["show", "click", "close", "reply", "action", "failed"]);
    this.title = options.title ?? "";
    this.body = options.body ?? "";
  }
  static isSupported(): boolean {
    return true;
  }
  show(): void {
    setImmediate(() => this.emit("show", {}));
  }
  close(): void {
    setImmediate(() => this.emit("close", {}));
  }
}

export const desktopCapturer = strict(
  {
    getSources: async (): Promise<never> => {
      throw new NotInStandInError("desktopCapturer.getSources");
    },
  },
  "desktopCapturer",
);
