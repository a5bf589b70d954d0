import { promptsSchema, type KeptPrompts, type Prompt } from "#contract/prompts.ts";
import type { PromptsPort } from "#engine/app/app-ports.ts";
import { givePrompt } from "#engine/prompts/give-prompt.ts";
import type { PageValues } from "./page-values.ts";

/** Prompts in this browser, apart for each account. A page sees no other program's selection, and the clipboard if the person lets it. */
export function openPagePrompts(values: PageValues, accountId: string): PromptsPort {
  const place = `prompts:${accountId}`;
  // What is not readable (an older or newer page wrote it) is none.
  const list = async () => promptsSchema.safeParse(await values.read(place)).data ?? [];
  return {
    list: async () => kept(await list()),
    save: async (prompts) => kept(await values.update(place, () => prompts)),
    give: async (name) =>
      await givePrompt(await list(), name, {
        clipboard: () => navigator.clipboard.readText().catch(() => undefined),
      }),
  };
}

/** A page has no keys that could be refused. */
function kept(prompts: readonly Prompt[]): KeptPrompts {
  return { prompts, refused: [] };
}
