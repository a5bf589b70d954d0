import { isSameName, type Prompt } from "#contract/prompts.ts";

/** More are found by writing more. */
const SHOWN_MAX = 6;

/** What `/name` in the composer may mean, and what is written after it; with something after it, only that very name. */
export function matchPrompts(
  prompts: readonly Prompt[],
  text: string,
): { readonly matches: readonly Prompt[]; readonly input: string } {
  const [, typed = "", input] = /^\/(\S*)(?:\s([\s\S]*))?$/u.exec(text) ?? [];
  if (!text.startsWith("/")) return { matches: [], input: "" };
  if (input !== undefined) return { matches: prompts.filter(({ name }) => isSameName(name, typed)), input };
  const found = prompts.filter(({ name }) => name.toLowerCase().startsWith(typed.toLowerCase()));
  return {
    matches: found.toSorted((one, other) => one.name.localeCompare(other.name)).slice(0, SHOWN_MAX),
    input: "",
  };
}

/** As it is typed. */
export function typedName(name: string): string {
  return `/${name}`;
}

/** What a line shows of a text at most, and a screen reader says. */
export function beginningOf(text: string): string {
  return text.slice(0, 160);
}
