import { createContext, use, useEffect, useRef, useState } from "react";
import { createDocumentCache } from "./document-cache.ts";
import { createMarkdownDocument, type DocumentView, type MarkdownDocument } from "./seal-blocks.ts";

/** What parsing may take of one frame (16 ms at 60 Hz), the rest is for rendering. */
const frameBudgetMs = 5;
/** After a parse that took long, parsing rests for so many times as long: it gets a third of the time at most. */
const restFactor = 2;

/** Finished answers that are scrolled out of the list and back need not be parsed again. */
const DocumentCacheContext = createContext(createDocumentCache());

interface Reading {
  readonly document: MarkdownDocument;
  readonly view: DocumentView;
}

/**
 * The blocks of a growing text: parsed at most once per frame, and by frames only, so that a hidden window does nothing.
 * The first blocks are there at once.
 */
export function useDocument(text: string, streaming: boolean): DocumentView {
  const cache = use(DocumentCacheContext);
  const [reading] = useState<Reading>(() => cache.get(text, streaming) ?? begin(text, streaming));
  const [view, setView] = useState(reading.view);
  const wanted = useRef({ text, final: !streaming });
  const done = useRef({ text, final: !streaming, settled: reading.view.settled });
  const frame = useRef(0);
  const restUntilMs = useRef(0);

  useEffect(() => {
    wanted.current = { text, final: !streaming };
    const isCurrent = (): boolean => {
      const { text: doneText, final, settled } = done.current;
      return settled && doneText === wanted.current.text && final === wanted.current.final;
    };
    const work = (): void => {
      frame.current = 0;
      const startedMs = performance.now();
      if (startedMs >= restUntilMs.current) {
        const { text: nextText, final } = wanted.current;
        const next = reading.document.update(nextText, final, until(startedMs + frameBudgetMs));
        done.current = { text: nextText, final, settled: next.settled };
        if (final && next.settled) cache.set(nextText, { document: reading.document, view: next });
        setView(next);
        const tookMs = performance.now() - startedMs;
        restUntilMs.current = tookMs > frameBudgetMs && !final ? startedMs + tookMs * (1 + restFactor) : 0;
      }
      if (!isCurrent()) frame.current = requestAnimationFrame(work);
    };
    if (frame.current === 0 && !isCurrent()) frame.current = requestAnimationFrame(work);
  }, [text, streaming, reading, cache]);

  useEffect(
    () => () => {
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    },
    [],
  );
  return view;
}

function begin(text: string, streaming: boolean): Reading {
  const document = createMarkdownDocument();
  return { document, view: document.update(text, !streaming, until(performance.now() + frameBudgetMs)) };
}

function until(timeMs: number): () => boolean {
  return () => performance.now() >= timeMs;
}
