import { use, useEffect, useRef, useState } from "react";
import { chunkEnds } from "./code-chunks.ts";
import { HighlighterContext, highlightMaxChars, type HighlightReply } from "./highlighter.ts";

type Chunks = NonNullable<HighlightReply["chunks"]>;

interface Grown {
  /** The lines that `chunks` colour. */
  readonly code: string;
  readonly chunks: Chunks;
}

const nothing: Grown = { code: "", chunks: [] };

/**
 * The colours of the lines that an open code block has by now, asked for one time after the other. Chunks that are full
 * are never read again, so a comment that goes on over their end has its colour only once the block is closed and read
 * as a whole.
 */
export function useGrowingHighlight(code: string, language: string, open: boolean): Chunks {
  const highlighter = use(HighlighterContext);
  const [grown, setGrown] = useState(nothing);
  const [asked, setAsked] = useState(0);
  const busy = useRef(false);
  // A block that is closed has lost the break at its end.
  const known = `${code}\n`.startsWith(grown.code) ? grown : nothing;
  useEffect(() => {
    const lines = code.slice(0, code.lastIndexOf("\n") + 1);
    if (!open || language === "" || busy.current || code.length > highlightMaxChars) return;
    if (lines.length <= known.code.length) return;
    const full = known.chunks.length - 1;
    const from = full > 0 ? (chunkEnds(known.code)[full - 1] ?? 0) : 0;
    busy.current = true;
    // What is asked for is short, and the next block that opens is another component: nothing needs to be called off.
    const never = new AbortController().signal;
    void highlighter.highlight({ code: lines.slice(from), language }, never).then((chunks) => {
      busy.current = false;
      if (chunks === undefined) return;
      setGrown({ code: lines, chunks: [...known.chunks.slice(0, Math.max(0, full)), ...chunks] });
      setAsked((count) => count + 1);
    });
  }, [code, language, open, known, asked, highlighter]);
  return known.chunks;
}
