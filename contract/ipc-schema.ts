import * as z from "zod/mini";
import type { AppState } from "./app-state.ts";
import type { AuthState } from "./auth-state.ts";
import type { ChatSummary, HistoryHit } from "./chat-history.ts";
import type { ChatPatch, ChatSnapshot } from "./chat-patch.ts";
import type { ErrorCode } from "./error-codes.ts";
import { PROMPT_MAX_CHARS, SCREENSHOT_MAX_BYTES } from "./limits.ts";
import type { ScreenImage } from "./screen-image.ts";
import { settingsPatchSchema } from "./settings.ts";

/** One thing that a window may ask of its host: how its argument is checked, and (as a type only) what it gives back. */
interface Command<Input extends z.core.$ZodType, Output> {
  readonly input: Input;
  readonly output?: Output;
}

function command<Output>() {
  return <Input extends z.core.$ZodType>(input: Input): Command<Input, Output> => ({ input });
}

/** A longer text is refused by the engine with PROMPT_TOO_LONG; this bound only keeps nonsense out. */
const TEXT_MAX_CHARS = 4 * PROMPT_MAX_CHARS;
/** An answer may be megabytes long, and is copied whole. */
const COPY_MAX_CHARS = 64 * 1024 * 1024;
const TOKEN_MAX_CHARS = 16_384;
const SIDE_MAX_PX = 32_768;

const nothing = z.undefined();
const text = z.string().check(z.maxLength(TEXT_MAX_CHARS));
const id = z.string().check(z.minLength(1), z.maxLength(200));
const image = z.strictObject({
  bytes: z.instanceof(Uint8Array).check(z.refine((bytes) => bytes.byteLength <= SCREENSHOT_MAX_BYTES)),
  widthPx: z.int().check(z.positive(), z.maximum(SIDE_MAX_PX)),
  heightPx: z.int().check(z.positive(), z.maximum(SIDE_MAX_PX)),
});

/** Everything a window is told when it (re)loads. */
export interface Snapshot {
  readonly chat: ChatSnapshot;
  readonly auth: AuthState;
  readonly app: AppState;
  /** What was being written when the window was last closed. */
  readonly draft: string;
}

/**
 * The one schema between a window and its host: the desktop's main process serves it over IPC, the web page in itself.
 * Main parses every argument with `input`; the preload script exposes one named function per entry.
 */
export const ipcCommands = {
  snapshot: command<Snapshot>()(nothing),
  /** Resolves to the message's id once it is safe in the outbox; only then may a composer clear itself. */
  send: command<string>()(z.strictObject({ text, image: z.optional(image) })),
  cancel: command<void>()(nothing),
  regenerate: command<string>()(z.strictObject({ messageId: id })),
  editAndResend: command<string>()(z.strictObject({ messageId: id, text })),
  retry: command<void>()(z.strictObject({ messageId: id })),
  discard: command<void>()(z.strictObject({ messageId: id })),
  deleteMessage: command<void>()(z.strictObject({ messageId: id })),
  /** The picture of a message of this run, while it is still in memory. */
  messageImage: command<ScreenImage | undefined>()(z.strictObject({ messageId: id })),
  stopSpeaking: command<void>()(nothing),
  newChat: command<void>()(nothing),
  openChat: command<void>()(z.strictObject({ chatId: id })),
  /** Most recently changed first. */
  listChats: command<readonly ChatSummary[]>()(nothing),
  searchChats: command<readonly HistoryHit[]>()(
    z.strictObject({ query: z.string().check(z.minLength(1), z.maxLength(1_000)) }),
  ),
  /** Tries to reach the server now and takes up what waits in the outbox. */
  reconnect: command<void>()(nothing),
  saveDraft: command<void>()(z.strictObject({ text })),
  /** Takes a picture of the screen without this window. Throws NO_DISPLAY, SCREEN_REFUSED, NOT_ALLOWED (setting `never`). */
  captureScreen: command<ScreenImage>()(nothing),
  signInLocally: command<void>()(nothing),
  /** An empty `serverUrl` means the server of the settings. */
  signInWithToken: command<void>()(
    z.strictObject({
      serverUrl: z.string().check(z.maxLength(2048)),
      token: z.string().check(z.minLength(1), z.maxLength(TOKEN_MAX_CHARS)),
    }),
  ),
  signOut: command<void>()(nothing),
  updateSettings: command<void>()(settingsPatchSchema),
  /** Opens a link of an answer in the person's browser; only https and mailto. Throws NOT_ALLOWED. */
  openExternal: command<void>()(z.strictObject({ url: z.string().check(z.maxLength(8192)) })),
  copyText: command<void>()(z.strictObject({ text: z.string().check(z.maxLength(COPY_MAX_CHARS)) })),
  /** Hides the window and gives the focus back; in a browser nothing. */
  hideWindow: command<void>()(nothing),
} as const;

export type CommandName = keyof typeof ipcCommands;
export type CommandInput<Name extends CommandName> = z.output<(typeof ipcCommands)[Name]["input"]>;
export type CommandOutput<Name extends CommandName> = NonNullableOutput<(typeof ipcCommands)[Name]>;
type NonNullableOutput<C> = C extends Command<infer _Input, infer Output> ? Output : never;

type Arguments<Input> = undefined extends Input ? [] : [input: Readonly<Input>];

/** The commands as functions; rejections are PipitErrors. */
export type Commands = {
  readonly [Name in CommandName]: (...args: Arguments<CommandInput<Name>>) => Promise<CommandOutput<Name>>;
};

/** Something the host wants the window to do, at once and once. */
export type Intent =
  | { readonly kind: "focus-composer" }
  | { readonly kind: "open"; readonly view: "settings" | "sign-in" | "chats" }
  /** A picture taken before the window came up; it goes into the composer, where it can be removed. */
  | { readonly kind: "attach"; readonly image: ScreenImage }
  /** Text from outside (a `pipit:` link); it goes into the composer and is never sent by itself. */
  | { readonly kind: "compose"; readonly text: string }
  /** Something went wrong outside any command; `message` is safe to show. */
  | { readonly kind: "problem"; readonly code: ErrorCode; readonly message: string };

/** What the host tells its windows. */
export interface IpcEvents {
  readonly chat: ChatPatch;
  readonly auth: AuthState;
  readonly app: AppState;
  readonly intent: Intent;
}

/** Errors cross as data: Electron would turn a thrown one into a string. */
export type Reply<Output> =
  | { readonly ok: true; readonly value: Output }
  | { readonly ok: false; readonly error: WireError };
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly field?: string;
  readonly retryAfterMs?: number;
}

/** What the preload script puts on `window.pipit`: one function per command and per event, and nothing else. */
export type PreloadApi = {
  readonly [Name in CommandName]: (
    ...args: Arguments<CommandInput<Name>>
  ) => Promise<Reply<CommandOutput<Name>>>;
} & {
  readonly [Name in keyof IpcEvents as `on${Capitalize<Name>}`]: (
    listener: (payload: IpcEvents[Name]) => void,
  ) => () => void;
};
