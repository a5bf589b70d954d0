import type { SignedInAccount, TokenPlace } from "./auth-state.ts";
import type { ChatImport } from "./imports/chat-import.ts";
import type { ErrorCode } from "./error-codes.ts";
import type { DevicePrompt, SignInLink } from "./sign-in.ts";
import type { Settings } from "./settings.ts";

/** Whether a feature works on this machine, and if not, a plain sentence with the cure. */
export type Availability =
  | { readonly available: true }
  | { readonly available: false; readonly reason: UnavailableReason };

/** Why a feature is not there; the window has a sentence for each, in the person's language. */
export type UnavailableReason =
  /** A page in a browser cannot do this at all. */
  | "browser-cannot"
  /** The desktop has no display that a picture could be taken of. */
  | "no-display"
  /** The system does not let this app read the screen. */
  | "screen-refused"
  | "no-sound-device"
  | "no-tray"
  | "no-notifications"
  /** This installation runs from a source tree; start at login needs an installed app. */
  | "not-installed";

/** What is known of the global hotkey. */
export type HotkeyStatus =
  /** None is set, or this face has none. */
  | { readonly kind: "off" }
  /** The system took it, but it has not fired yet: on some desktops it never will. */
  | { readonly kind: "registered"; readonly accelerator: string }
  /** It has opened the window at least once since it was set. */
  | { readonly kind: "confirmed"; readonly accelerator: string }
  /** Taken by another program, or not a combination that can be registered. */
  | { readonly kind: "refused"; readonly accelerator: string; readonly reason: "taken" | "invalid" };

/**
 * How the chat is shown on a desktop: in the panel, which comes and goes by the hotkey; as a bar that is nothing but the
 * composer; in a window of its own, with a frame.
 */
export const windowShapes = ["panel", "bar", "window"] as const;
export type WindowShape = (typeof windowShapes)[number];

/** Why there is no update; each has words and a cure in electron/update/update-texts.ts. The app that runs stays as it is. */
export type UpdateProblem =
  /** The server of the downloads did not say what there is. */
  | "unreachable"
  /** What it offers is not signed with the key that this app was packaged with. */
  | "unsigned"
  /** The download broke off, or stood still. */
  | "interrupted"
  /** What came is not what was signed. */
  | "corrupt"
  /** The app was started again and is the old one. */
  | "not-installed";

export type UpdateState =
  | { readonly kind: "idle" }
  | { readonly kind: "checking" }
  /** `offered` is this version, or an older one, which is never installed. */
  | { readonly kind: "current"; readonly offered: string }
  | { readonly kind: "available"; readonly version: string; readonly notes: string }
  | { readonly kind: "downloading"; readonly version: string; readonly percent: number }
  /** It is here; an answer or its reading is still going on. */
  | { readonly kind: "waiting"; readonly version: string }
  | { readonly kind: "failed"; readonly problem: UpdateProblem };

/** What is known of the server. */
export type ServerStatus =
  | { readonly kind: "starting" }
  | {
      readonly kind: "ready";
      readonly httpUrl: string;
      /** The server runs on this machine for this user, so the local account can be used. */
      readonly own: boolean;
      /** Name of the language model; null: the built-in answers only; absent: not known, at first or while signed out. */
      readonly model?: string | null;
      /** Where a damaged database was moved at its start. */
      readonly setAside?: string;
    }
  | { readonly kind: "unreachable"; readonly code: ErrorCode; readonly message: string };

/** What is to be read again when its number is another one. */
interface ChangedElsewhere {
  /** The list of chats. */
  readonly chats?: number;
  readonly memories?: number;
  /** The list of rooms, with what is unread in them. */
  readonly rooms?: number;
}

/** Everything the window shows besides chat and sign-in; plain data that may cross a process boundary. */
export interface AppState {
  readonly face: "desktop" | "web";
  readonly platform: "mac" | "windows" | "linux" | "browser";
  readonly version: string;
  readonly settings: Settings;
  /** BCP 47 of the system, for `language: "system"`. */
  readonly systemLocale: string;
  readonly server: ServerStatus;
  readonly hotkey: HotkeyStatus;
  /** What opens or hides the window from outside, for a key of the desktop itself; absent on a page. */
  readonly toggleCommand?: string;
  /** Of the keys that take a picture of a part of the screen; absent: this face has none. */
  readonly regionHotkey?: HotkeyStatus;
  /** Of the keys that take the text that is selected in another program; absent: this face has none. */
  readonly selectionHotkey?: HotkeyStatus;
  /** Whether the system tells what is selected in other programs; absent: no. */
  readonly tellsSelection?: boolean;
  /** What is known of newer versions of this app; absent where that is not its own matter. */
  readonly update?: UpdateState;
  /** Absent on a page. */
  readonly windowShape?: WindowShape;
  readonly features: {
    readonly screenshot: Availability;
    readonly sound: Availability;
    readonly globalHotkey: Availability;
    readonly startAtLogin: Availability;
    readonly otherServers: Availability;
    /** Desktop only: without a tray the window is reached by the hotkey, a second start or `pipit toggle`. */
    readonly tray?: Availability;
    /** Whether the system can tell of answers while the window is hidden; absent: this face does not. */
    readonly notifications?: Availability;
  };
  /** Where the sign-in rests; absent until it is known. */
  readonly tokenPlace?: TokenPlace;
  /** Every account that is signed in, at any server, the one in use first; absent on a page, which has one. */
  readonly accounts?: readonly SignedInAccount[];
  /** Of this account; absent before the first. */
  readonly chatImport?: ChatImport | undefined;
  /** Of this account, by name; absent until they are read. */
  readonly projects?: readonly { readonly id: string; readonly name: string }[] | undefined;
  /** How often something was told to have changed, by whichever device; absent: never. After each it may be another one. */
  readonly changed?: ChangedElsewhere;
  /** How often this app has changed which chats are unread; absent: never. After each the list of chats may be another one. */
  readonly unreadChanges?: number;
  /** What to do at another device, while a sign-in waits for it. */
  readonly devicePrompt?: DevicePrompt | undefined;
  /** A one-time address that waits for the person; on a page only. */
  readonly signInLink?: SignInLink | undefined;
}
