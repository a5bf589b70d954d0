import { createContext, use, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { createDocumentCache, type Reading } from "./document-cache.ts";
import { createMarkdownDocument, type DocumentView } from "./document.ts";

/** What parsing may take of one frame (16 ms at 60 Hz), the rest is for rendering. */
const frameBudgetMs = 5;
/** After a parse that took long, parsing rests for so many times as long: it gets a third of the time at most. */
const restFactor = 2;

/** Answers that are scrolled out of the list and back are read on, not anew. */
const DocumentCacheContext = createContext(createDocumentCache());

/**
 * The blocks of a growing text: parsed at most once per frame, and by frames only, so that a hidden window does nothing.
 * The first blocks are there at once.
 */
export function useDocument(text: string, streaming: boolean): DocumentView {
  const cache = use(DocumentCacheContext);
  const [first] = useState<Reading>(() => cache.take(text) ?? begin(text, streaming));
  const [view, setView] = useState(first.view);
  const wanted = useRef({ text, final: !streaming });
  const read = useRef(first);
  const frame = useRef(0);
  const restUntilMs = useRef(0);

  useEffect(() => {
    wanted.current = { text, final: !streaming };
    const work = (): void => {
      frame.current = 0;
      const startedMs = performance.now();
      if (startedMs >= restUntilMs.current) {
        read.current = readOn(read.current, wanted.current, startedMs + frameBudgetMs);
        // Drawn in this very frame, so that a view that follows the end never falls behind it.
        flushSync(() => setView(read.current.view));
        const tookMs = performance.now() - startedMs;
        const isSlow = tookMs > frameBudgetMs && !wanted.current.final;
        restUntilMs.current = isSlow ? startedMs + tookMs * (1 + restFactor) : 0;
      }
      if (!isDone(read.current, wanted.current)) frame.current = requestAnimationFrame(work);
    };
    if (frame.current === 0 && !isDone(read.current, wanted.current))
      frame.current = requestAnimationFrame(work);
  }, [text, streaming]);

  useEffect(() => {
    cache.remove(read.current.document);
    return () => {
      cancelAnimationFrame(frame.current);
      frame.current = 0;
      cache.put(read.current);
    };
  }, [cache]);
  return view;
}

type Wanted = Pick<Reading, "text" | "final">;

function isDone({ text, final, view }: Reading, wanted: Wanted): boolean {
  return view.settled && text === wanted.text && final === wanted.final;
}

function begin(text: string, streaming: boolean): Reading {
  const first: Omit<Reading, "view"> = { document: createMarkdownDocument(), text, final: !streaming };
  return readOn(first, first, performance.now() + frameBudgetMs);
}

function readOn({ document }: Pick<Reading, "document">, { text, final }: Wanted, untilMs: number): Reading {
  const view = document.update(text, final, () => performance.now() >= untilMs);
  return { document, text, final, view };
}
