import * as z from "zod/mini";
import { command, id, nothing } from "./command.ts";

const format = z.enum(["json", "markdown"]);

/** Chats from a file and to one. */
export const chatFileCommands = {
  /**
   * Adds the chats of an export; what becomes of it is told by `AppState.chatImport`. A page names the file, the desktop asks
   * for one. `again`: also chats that were imported before and deleted since.
   */
  importChats: command<void>()(z.strictObject({ again: z.boolean(), file: z.optional(z.instanceof(Blob)) })),
  /** What was imported by then stays. */
  stopImport: command<void>()(nothing),
  /**
   * Writes all chats to a file that the person chooses; resolves to its path, or undefined when none was chosen. Desktop
   * only: a browser downloads by itself. Throws STORAGE_FULL, STORAGE_UNAVAILABLE.
   */
  exportChats: command<string | undefined>()(z.strictObject({ format })),
  /** The same for one chat; `title` gives the file its name. */
  exportChat: command<string | undefined>()(z.strictObject({ chatId: id, title: z.string(), format })),
} as const;
