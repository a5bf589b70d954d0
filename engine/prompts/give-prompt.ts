import { PROMPT_MAX_CHARS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { isSameName, type GivenPrompt, type Prompt } from "#contract/prompts.ts";

/** How a host reads what a prompt asks for; absent, or undefined: it cannot, or may not for this one. */
export type TextSources = {
  readonly [Name in keyof GivenPrompt["values"]]: (prompt: Prompt) => Promise<string | undefined>;
};

/**
 * The prompt of this name with what it asks for; nothing else is read.
 *
 * @throws PipitError PROMPT_TOO_LONG when that is longer than any message, INVALID_REQUEST when there is no such prompt
 */
export async function givePrompt(
  prompts: readonly Prompt[],
  name: string,
  sources: TextSources,
): Promise<GivenPrompt> {
  const prompt = prompts.find((one) => isSameName(one.name, name));
  if (prompt === undefined)
    throw new PipitError("INVALID_REQUEST", `There is no prompt named "${name}".`, { field: "name" });
  const { text } = prompt;
  const read = async (source: keyof TextSources): Promise<GivenPrompt["values"]> => {
    if (!text.includes(`{${source}}`)) return {};
    const value = await sources[source]?.(prompt);
    if (value === undefined) return {};
    if (value.length > PROMPT_MAX_CHARS)
      throw new PipitError(
        "PROMPT_TOO_LONG",
        `The ${source} holds ${value.length} characters; the limit is ${PROMPT_MAX_CHARS}. Choose a part of it.`,
        { field: source },
      );
    return { [source]: value };
  };
  const [selection, clipboard] = await Promise.all([read("selection"), read("clipboard")]);
  return { text, values: { ...selection, ...clipboard } };
}
