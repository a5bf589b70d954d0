import * as z from "zod/mini";
import type { AppState } from "../app-state.ts";
import type { AuthState } from "../auth-state.ts";
import type { ChatPatch, ChatSnapshot } from "../patches/chat-patch.ts";
import { command, nothing, type Handlers } from "./command.ts";
import { commands } from "./commands.ts";
import type { ErrorCode } from "../error-codes.ts";
import type { Intent } from "../intent.ts";
import type { RoomsPatch, RoomsSnapshot } from "../patches/rooms-patch.ts";
import { windowCommands } from "./window.ts";
import type { RoomDraft } from "../rooms/room-drafts.ts";
import { regionSchema, type RegionPicture } from "../region.ts";

/** Everything a window is told when it (re)loads. */
export interface Snapshot {
  readonly chat: ChatSnapshot;
  readonly rooms: RoomsSnapshot;
  readonly auth: AuthState;
  readonly app: AppState;
  /** What was being written when the window was last closed. */
  readonly draft: string;
  readonly roomDrafts: readonly RoomDraft[];
}

const display = z.int();

/** What only the pages ask that cover the displays while a part of one is chosen; `display`: Electron's id of it. */
const coverCommands = {
  regionPicture: command<RegionPicture>()(z.strictObject({ display })),
  /** The picture is painted: the page can be shown. */
  regionReady: command<void>()(z.strictObject({ display })),
  /** Without a region, none is wanted. */
  endRegion: command<void>()(z.strictObject({ display, region: z.optional(regionSchema) })),
} as const;

/**
 * What the desktop's pages may ask over IPC. Main parses every argument with `input`; the preload script exposes one
 * named function per entry.
 */
export const ipcCommands = {
  ...commands,
  ...windowCommands,
  snapshot: command<Snapshot>()(nothing),
  /** The keyboard has left the window; said by the preload script. */
  windowLeft: command<void>()(nothing),
  ...coverCommands,
} as const;

export type IpcHandlers = Handlers<typeof ipcCommands>;
export type IpcCommandName = keyof IpcHandlers;
export const ipcCommandNames = Object.keys(ipcCommands) as readonly IpcCommandName[];

/** What the host tells its windows. */
export interface IpcEvents {
  readonly chat: ChatPatch;
  readonly rooms: RoomsPatch;
  readonly auth: AuthState;
  readonly app: AppState;
  readonly intent: Intent;
}
export const ipcEventNames = [
  "chat",
  "rooms",
  "auth",
  "app",
  "intent",
] as const satisfies readonly (keyof IpcEvents)[];

/** Name of the IPC channel of a command or an event. */
export function channelOf(name: IpcCommandName | keyof IpcEvents): string {
  return `pipit:${name}`;
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

type Replying<Handler> = Handler extends (...args: infer Args) => Promise<infer Output>
  ? (...args: Args) => Promise<Reply<Output>>
  : never;

/** What the preload script puts on `window.pipit`: one function per command and per event, and nothing else. */
export type PreloadApi = { readonly [Name in IpcCommandName]: Replying<IpcHandlers[Name]> } & {
  readonly [Name in keyof IpcEvents as `on${Capitalize<Name>}`]: (
    listener: (payload: IpcEvents[Name]) => void,
  ) => () => void;
};
