import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const offered = fileURLToPath(import.meta.resolve("./offered-markdown.tsx"));

/** Lets the page's address choose who renders answers: everything else in the window stays the same. */
export function offerNaiveMarkdown(): Plugin {
  return {
    name: "offer-naive-markdown",
    enforce: "pre",
    resolveId(source, importer) {
      const isAnswers = source.endsWith("/markdown/markdown.tsx") && importer?.endsWith("/chat/answer.tsx");
      return isAnswers === true ? offered : undefined;
    },
  };
}
