import * as z from "zod/mini";
import { PROMPT_NAME_MAX_CHARS, promptsSchema, type GivenPrompt, type KeptPrompts } from "../prompts.ts";
import { command, nothing } from "./command.ts";

/** Prompts of one's own, which stay on this device: on a page, those of the account. */
export const promptCommands = {
  listPrompts: command<KeptPrompts>()(nothing),
  /** Instead of all that were kept. Keys that the system refuses stay with their prompt, and are told. Throws STORAGE_*. */
  savePrompts: command<KeptPrompts>()(z.strictObject({ prompts: promptsSchema })),
  /** With what it asks for and can be read here. Throws PROMPT_TOO_LONG where that is too much. */
  givePrompt: command<GivenPrompt>()(
    z.strictObject({ name: z.string().check(z.maxLength(PROMPT_NAME_MAX_CHARS)) }),
  ),
} as const;
