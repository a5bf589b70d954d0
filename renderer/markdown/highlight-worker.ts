import { createTokenizer } from "./highlight-tokens.ts";
import type { HighlightReply, HighlightRequest } from "./highlighter.ts";

/** Colours code beside the page, so that no grammar can hold it up. */
const tokenize = createTokenizer();

addEventListener("message", ({ data }: MessageEvent<HighlightRequest>) => {
  const reply: HighlightReply = { chunks: tokenize(data.code, data.language) };
  postMessage(reply);
});
