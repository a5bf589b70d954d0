import type { TokenUse } from "../usage/ports.ts";
import { BUILT_IN_MODEL } from "./built-in/built-in-model.ts";
import { estimateTokens } from "./models/token-estimate.ts";
import type { ModelMessage } from "./ports.ts";

/** Of a longer text the rest is taken to be like its beginning: counting millions of characters would hold up the event loop. */
const COUNTED_CHARS = 65_536;

/** What an answer has used. */
export type Used = Pick<TokenUse, "inputTokens" | "outputTokens" | "estimated">;

/**
 * What the model's server told of an answer, else what its texts come to. Undefined: nothing, as far as is known, since the
 * model has failed before it said a word.
 *
 * @param asked what the model was told; empty: it was not asked
 * @param said its answer so far, reasoning too, in pieces
 */
export function usedTokens(
  {
    model,
    inputTokens,
    outputTokens,
  }: Pick<TokenUse, "inputTokens" | "outputTokens"> & { readonly model: string | undefined },
  asked: readonly ModelMessage[],
  said: readonly string[],
  failed: boolean,
): Used | undefined {
  // The built-in responder costs nothing.
  if (model === BUILT_IN_MODEL) return undefined;
  if (inputTokens > 0 || outputTokens > 0) return { inputTokens, outputTokens, estimated: false };
  if (asked.length === 0 || (failed && said.length === 0)) return undefined;
  return {
    inputTokens: estimateLong(asked.flatMap(({ text, files = [] }) => [text, ...files])),
    outputTokens: estimateLong(said),
    estimated: true,
  };
}

function estimateLong(texts: readonly string[]): number {
  let counted = "";
  for (const text of texts) {
    counted += text.slice(0, COUNTED_CHARS - counted.length);
    if (counted.length >= COUNTED_CHARS) break;
  }
  if (counted === "") return 0;
  const chars = texts.reduce((sum, { length }) => sum + length, 0);
  return Math.ceil((estimateTokens(counted) / counted.length) * chars);
}
