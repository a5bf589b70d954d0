import { createHash } from "node:crypto";
import type { Prompt } from "#contract/prompts.ts";
import type { JsonFile } from "../shell/json-file.ts";

/** What is asked about: a prompt, or the keys that take the selected text. */
export type Asking = Pick<Prompt, "name" | "text">;

/** Whether the person lets prompts read what they copied or selected elsewhere. */
export type PromptConsents = ReturnType<typeof createPromptConsents>;

/**
 * Asks once for each text of a prompt, and keeps only what was allowed. The page can save prompts and ask for them, so what
 * is asked, and what is answered, never passes through it.
 *
 * @param ask the person, in a dialog that the page cannot answer; one at a time
 */
export function createPromptConsents(
  kept: JsonFile<readonly string[]>,
  ask: (asking: Asking) => Promise<boolean>,
) {
  let open: { readonly mark: string; readonly answer: Promise<boolean> } | undefined;
  const put = async (asking: Asking, mark: string): Promise<boolean> => {
    const allowed = await ask(asking);
    if (allowed) await kept.set([...kept.get(), mark]);
    return allowed;
  };
  return {
    /** What is asked while the person is being asked about something else is refused. @throws PipitError STORAGE_* */
    async allows(asking: Asking): Promise<boolean> {
      const mark = markOf(asking);
      if (kept.get().includes(mark)) return true;
      if (open !== undefined) return open.mark === mark && (await open.answer);
      const answer = put(asking, mark).finally(() => {
        open = undefined;
      });
      open = { mark, answer };
      return await answer;
    },
    /** Forgets the texts that are no longer there, so that one that comes back is asked about. */
    async keepOnly(asking: readonly Asking[]): Promise<void> {
      const marks = new Set(asking.map(markOf));
      const left = kept.get().filter((mark) => marks.has(mark));
      if (left.length < kept.get().length) await kept.set(left);
    },
  };
}

function markOf({ name, text }: Asking): string {
  return createHash("sha256").update(`${name}\n${text}`).digest("hex");
}
