import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { platform } from "./platform.ts";
import { protocol } from "./session.ts";
import { NotInStandInError, strict, StrictEmitter, StrictObject } from "./strict.ts";

/** Small modules that stand for the desktop around the app. */

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

type ScreenAccess = "granted" | "denied" | "never-asked";

/**
 * STAND_IN_SCREEN_ACCESS=granted|denied|never-asked: what the person has said of screen recording. macOS names the last
 * two alike, and asks the person when the first picture is taken.
 */
class SystemPreferences extends StrictEmitter {
  #screen: ScreenAccess = readScreenAccess(process.env["STAND_IN_SCREEN_ACCESS"]);
  #accessibility = process.env["STAND_IN_ACCESSIBILITY"] === "1";

  constructor() {
    super("systemPreferences", ["color-changed", "accent-color-changed"]);
  }
  getMediaAccessStatus(type: string): string {
    if (platform === "linux") throw new NotInStandInError("systemPreferences.getMediaAccessStatus on Linux");
    if (type !== "screen" || platform === "win32") return "granted";
    return this.#screen === "granted" ? "granted" : "denied";
  }
  isTrustedAccessibilityClient(_prompt: boolean): boolean {
    if (platform !== "darwin")
      throw new NotInStandInError("systemPreferences.isTrustedAccessibilityClient off macOS");
    return this.#accessibility;
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
  /** Whether a picture may be taken now; for the stand-in's own use. */
  mayTakeScreen(): boolean {
    if (platform !== "darwin") return true;
    this.screenAsked ||= this.#screen === "never-asked";
    return this.#screen === "granted";
  }
  /** Test hook: whether the system has put its question to the person. */
  screenAsked = false;
  /** Test hook: what the person says in System Settings, while the app runs. */
  setAccessForTest(access: { readonly screen?: ScreenAccess; readonly accessibility?: boolean }): void {
    this.#screen = access.screen ?? this.#screen;
    this.#accessibility = access.accessibility ?? this.#accessibility;
  }
}

function readScreenAccess(given: string | undefined): ScreenAccess {
  if (given === undefined || given === "granted") return "granted";
  if (given === "denied" || given === "never-asked") return given;
  throw new Error(`STAND_IN_SCREEN_ACCESS is "${given}": it must be granted, denied or never-asked`);
}
export const systemPreferences = new SystemPreferences();

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
