import * as z from "zod/mini";
import { HISTORY_MAX_MESSAGES } from "./limits.ts";

/** Most messages that a window can be told to keep (`Settings.historySize`). */
const HISTORY_SIZE_MAX = 10_000;
const HISTORY_SIZE_MIN = 50;
/** Most programs that are remembered. */
const PROGRAMS_MAX = 100;
/** Most servers that are remembered. */
const SERVERS_MAX = 8;

/** What a person can set in the window; one schema for the settings file, IPC and the page's IndexedDB. */
export const settingsSchema = z.object({
  /** Electron accelerator; empty: no hotkey. */
  hotkey: z.string().check(z.maxLength(80)),
  /** The same for a picture of a part of the screen. */
  regionHotkey: z.string().check(z.maxLength(80)),
  /** The same for the text that is selected in another program. */
  selectionHotkey: z.string().check(z.maxLength(80)),
  /** Whether the clipboard is taken for it where the system does not tell what is selected. */
  selectionFromClipboard: z.boolean(),
  /** Whether questions with text from other programs may say which program it was: each is asked about. */
  tellPrograms: z.boolean(),
  /** What was said of each, the last one first. */
  programs: z.readonly(
    z
      .array(z.strictObject({ name: z.string().check(z.minLength(1), z.maxLength(300)), tell: z.boolean() }))
      .check(z.maxLength(PROGRAMS_MAX)),
  ),
  theme: z.enum(["system", "light", "dark"]),
  language: z.enum(["system", "en", "ru"]),
  /** Whether answers are read aloud. */
  speak: z.boolean(),
  /** Loudness, 0 to 1. */
  volume: z.number().check(z.minimum(0), z.maximum(1)),
  /** `always`: a picture is taken whenever the hotkey opens the window; `ask`: only by its button; `never`: not at all. */
  screenshot: z.enum(["never", "ask", "always"]),
  startAtLogin: z.boolean(),
  /** Whether the desktop's window marks what is misspelled; a browser decides by itself. */
  spellcheck: z.boolean(),
  /** Whether the system tells of an answer that comes while the window is hidden. */
  notify: z.boolean(),
  /** Address of a named server; empty: this machine's own. */
  serverUrl: z.string().check(z.maxLength(2048)),
  /** Addresses of the servers that were signed in at, the last one first. */
  servers: z.readonly(z.array(z.string().check(z.maxLength(2048))).check(z.maxLength(SERVERS_MAX))),
  /** Messages kept in the window. */
  historySize: z.int().check(z.minimum(HISTORY_SIZE_MIN), z.maximum(HISTORY_SIZE_MAX)),
  /** Whether what is said is kept in a file of this computer, too. */
  historyFile: z.boolean(),
  /** Which servers are told how this program is used, never what is said: this machine's (`own`), every one, or none. */
  reports: z.enum(["never", "own", "always"]),
  /** Whether "what did we say about ..." may read all chats. */
  searchAllChats: z.boolean(),
  /** The window stays when it loses the focus. */
  pinned: z.boolean(),
  /** The hotkey shows nothing but the composer, until there is something else to see. */
  compactBar: z.boolean(),
  /** The list of chats stands beside the conversation where the window is wide enough. */
  sidebar: z.boolean(),
  firstRunDone: z.boolean(),
});

export type Settings = Readonly<z.infer<typeof settingsSchema>>;

export const defaultSettings: Settings = {
  hotkey: "CommandOrControl+Shift+Space",
  regionHotkey: "",
  selectionHotkey: "",
  selectionFromClipboard: false,
  tellPrograms: false,
  programs: [],
  theme: "system",
  language: "system",
  speak: false,
  volume: 1,
  screenshot: "ask",
  startAtLogin: false,
  spellcheck: false,
  notify: true,
  serverUrl: "",
  servers: [],
  historySize: HISTORY_MAX_MESSAGES,
  historyFile: false,
  reports: "own",
  searchAllChats: false,
  pinned: false,
  compactBar: false,
  sidebar: true,
  firstRunDone: false,
};

/** A change of some settings; unknown keys are refused. */
export const settingsPatchSchema = z.partial(z.strictObject(settingsSchema.shape));
export type SettingsPatch = Readonly<z.infer<typeof settingsPatchSchema>>;

/** The settings after a change; what the patch does not name stays. */
export function mergeSettings(before: Settings, patch: SettingsPatch): Settings {
  const named = Object.entries(patch).filter(([, value]) => value !== undefined);
  return { ...before, ...(Object.fromEntries(named) as Partial<Settings>) };
}

/** The remembered servers after a sign-in at this one. */
export function rememberServer({ servers }: Pick<Settings, "servers">, serverUrl: string): readonly string[] {
  if (serverUrl === "") return servers;
  return [serverUrl, ...servers.filter((known) => known !== serverUrl)].slice(0, SERVERS_MAX);
}

/** The remembered programs after this was said of one. */
export function rememberProgram(
  { programs }: Pick<Settings, "programs">,
  name: string,
  tell: boolean,
): Settings["programs"] {
  return [{ name, tell }, ...programs.filter((known) => known.name !== name)].slice(0, PROGRAMS_MAX);
}
