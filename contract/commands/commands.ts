import { appCommands } from "./app.ts";
import { chatCommands } from "./chat.ts";
import { chatFileCommands } from "./chat-files.ts";
import type { Handlers } from "./command.ts";
import { memoryCommands } from "./memories.ts";
import { modelCommands } from "./model.ts";
import { projectCommands } from "./projects.ts";
import { promptCommands } from "./prompts.ts";
import { roomCommands } from "./rooms.ts";
import { sessionCommands } from "./session.ts";
import { usageCommands } from "./usage.ts";

/**
 * Everything a window may ask of its host, by group. The desktop serves it over IPC, the web page in itself; both, and
 * their types, derive from this table.
 */
export const commands = {
  ...chatCommands,
  ...sessionCommands,
  ...chatFileCommands,
  ...memoryCommands,
  ...projectCommands,
  ...roomCommands,
  ...usageCommands,
  ...modelCommands,
  ...promptCommands,
  ...appCommands,
} as const;

export type Commands = Handlers<typeof commands>;
export type CommandName = keyof Commands;
