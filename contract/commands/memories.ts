import * as z from "zod/mini";
import { MEMORY_MAX_CHARS } from "../limits.ts";
import type { Memory } from "../chat-state.ts";
import { command, id, nothing } from "./command.ts";

/** Newest first; while `remembers` is false nothing is added from what is said, and no answer knows of them. */
export interface KeptMemories {
  readonly remembers: boolean;
  readonly memories: readonly Memory[];
}

/** The server counts characters; this bound only keeps nonsense out. */
const text = z.string().check(z.maxLength(8 * MEMORY_MAX_CHARS));

/** What the server remembers of the account. */
export const memoryCommands = {
  listMemories: command<KeptMemories>()(nothing),
  switchMemories: command<void>()(z.strictObject({ remembers: z.boolean() })),
  /** Resolves to an older one that says the same where there is one. */
  addMemory: command<Memory>()(z.strictObject({ text })),
  changeMemory: command<Memory>()(z.strictObject({ memoryId: id, text })),
  forgetMemory: command<void>()(z.strictObject({ memoryId: id })),
  /** Undoes `forgetMemory` for 10 s. */
  restoreMemory: command<void>()(z.strictObject({ memoryId: id })),
} as const;
