import { startTransition, use, useEffect, useState, type RefObject } from "react";
import { HighlighterContext, type HighlightReply } from "./highlighter.ts";

/** Code is coloured a little before it comes into sight. */
const ahead = "400px";

interface Coloured {
  readonly code: string;
  readonly language: string;
  readonly chunks: HighlightReply["chunks"];
}

/** The colours of a code block, once it has come near the visible part; undefined until then, and while it is `open`. */
export function useHighlight(
  code: string,
  language: string,
  open: boolean,
  element: RefObject<Element | null>,
): HighlightReply["chunks"] {
  const highlighter = use(HighlighterContext);
  const [coloured, setColoured] = useState<Coloured>();
  useEffect(() => {
    const target = element.current;
    if (open || language === "" || target === null) return undefined;
    const stop = new AbortController();
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        void highlighter.highlight({ code, language }, stop.signal).then((chunks) => {
          if (!stop.signal.aborted && chunks !== undefined) {
            startTransition(() => setColoured({ code, language, chunks }));
          }
        });
      },
      { rootMargin: ahead, scrollMargin: ahead },
    );
    observer.observe(target);
    return () => {
      stop.abort();
      observer.disconnect();
    };
  }, [code, language, open, element, highlighter]);
  return coloured?.code === code && coloured.language === language ? coloured.chunks : undefined;
}
