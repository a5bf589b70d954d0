import type { CommandName, IpcEvents } from "./ipc-schema.ts";

/** The keys of `ipcCommands` as a list, for a preload script that needs no schemas. */
export const commandNames = [
  "snapshot",
  "send",
  "cancel",
  "regenerate",
  "editAndResend",
  "retry",
  "discard",
  "deleteMessage",
  "messageImage",
  "stopSpeaking",
  "newChat",
  "openChat",
  "listChats",
  "searchChats",
  "reconnect",
  "saveDraft",
  "captureScreen",
  "signInLocally",
  "signInWithToken",
  "signOut",
  "updateSettings",
  "openExternal",
  "copyText",
  "hideWindow",
] as const satisfies readonly CommandName[];

/** What the host tells its windows. */
export const ipcEventNames = [
  "chat",
  "auth",
  "app",
  "intent",
] as const satisfies readonly (keyof IpcEvents)[];

/** Name of the IPC channel of a command or an event. */
export function channelOf(name: CommandName | keyof IpcEvents): string {
  return `pipit:${name}`;
}
