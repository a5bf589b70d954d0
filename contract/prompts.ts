import * as z from "zod/mini";
import { parseJson } from "./parse-json.ts";

/** Most prompts of one's own. */
export const PROMPTS_MAX = 200;
/** Longest name of one, in UTF-16 code units. */
export const PROMPT_NAME_MAX_CHARS = 40;
/** Longest text of one, in UTF-16 code units. */
export const PROMPT_TEXT_MAX_CHARS = 20_000;

/** A text of the person's own, put into the composer by its name or by keys. */
const promptSchema = z.strictObject({
  /** What is typed after `/`: no spaces. */
  name: z.string().check(z.maxLength(PROMPT_NAME_MAX_CHARS), z.regex(/^[\p{L}\p{N}_-]+$/u)),
  /** May hold `{selection}`, `{clipboard}` and `{input}`; see `fillPrompt`. */
  text: z.string().check(z.maxLength(PROMPT_TEXT_MAX_CHARS), z.regex(/\S/u)),
  /** Electron accelerator; desktop only. */
  hotkey: z.exactOptional(z.string().check(z.minLength(1), z.maxLength(80))),
});
export const promptsSchema = z.array(promptSchema).check(
  z.maxLength(PROMPTS_MAX),
  z.check(({ value, issues }) => {
    for (const field of ["name", "hotkey"] as const) {
      const found = value.map((prompt) => prompt[field]?.toLowerCase());
      const index = found.findIndex((one, at) => one !== undefined && found.indexOf(one) < at);
      if (index >= 0) issues.push({ code: "custom", path: [index, field], input: value, message: "twice" });
    }
  }),
);
export type Prompt = Readonly<z.infer<typeof promptSchema>>;

/** What is kept on this device. */
export interface KeptPrompts {
  readonly prompts: readonly Prompt[];
  /** Hotkeys of these that the system has not given. */
  readonly refused: readonly string[];
}

/** A prompt with what its host could read for it; what it could not is absent. */
export interface GivenPrompt {
  readonly text: string;
  readonly values: { readonly selection?: string; readonly clipboard?: string };
}

/** What is wrong with prompts: where, from 0, and what. */
export interface PromptFault {
  /** `json`: no JSON at all; `list`: no list of prompts, or something in it that belongs to none. */
  readonly reason: "json" | "list" | "many" | "name" | "nameTwice" | "text" | "hotkey" | "hotkeyTwice";
  readonly index: number | undefined;
}

/** The first thing that keeps these from being prompts. */
export function promptFault(value: unknown): PromptFault | undefined {
  const issue = promptsSchema.safeParse(value).error?.issues[0];
  if (issue === undefined) return undefined;
  const [first, field] = issue.path;
  const index = typeof first === "number" ? first : undefined;
  if (index === undefined) return { reason: issue.code === "too_big" ? "many" : "list", index };
  if (field !== "name" && field !== "text" && field !== "hotkey") return { reason: "list", index };
  const twice = issue.code === "custom" && field !== "text";
  return { reason: twice ? `${field}Twice` : field, index };
}

/**
 * Adds the prompts of a JSON text to those that are there; one of the same name takes the place of the text there, which keeps
 * its keys. Keys are of a machine, so those of the JSON text are left out.
 */
export function importPrompts(
  json: string,
  kept: readonly Prompt[],
): { readonly prompts: readonly Prompt[] } | { readonly fault: PromptFault } {
  const value = parseJson(json);
  if (value === undefined) return { fault: { reason: "json", index: undefined } };
  const read = promptsSchema.safeParse(value).data;
  if (read === undefined) return { fault: promptFault(value) ?? { reason: "list", index: undefined } };
  const prompts = [...kept];
  for (const { name, text } of read) {
    const at = prompts.findIndex((one) => isSameName(one.name, name));
    prompts.splice(at < 0 ? prompts.length : at, 1, { ...prompts[at], name, text });
  }
  const fault = promptFault(prompts);
  return fault === undefined ? { prompts } : { fault };
}

/** As `importPrompts` reads it. */
export function exportPrompts(prompts: readonly Prompt[]): string {
  return JSON.stringify(
    prompts.map(({ name, text }) => ({ name, text })),
    undefined,
    2,
  );
}

export function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/**
 * The text for the composer. What a value holds is never read as a placeholder again; a placeholder without a value stays to
 * be seen. What was written already (`input`) stands below a text that has no place for it.
 */
export function fillPrompt({ text, values }: GivenPrompt, input: string): string {
  const all: Readonly<Record<string, string | undefined>> = { ...values, input };
  const filled = text.replaceAll(
    /\{(selection|clipboard|input)\}/gu,
    (whole, name: string) => all[name] ?? whole,
  );
  return text.includes("{input}") || input.trim() === "" ? filled : `${filled}\n${input}`;
}
