import { createContext, use, type ReactNode } from "react";

/** How texts with an "@" in them are drawn; undefined: as they are. */
export const TextMarksContext = createContext<((text: string) => ReactNode) | undefined>(undefined);

/** A text of a paragraph, with what the place that shows it marks there. */
export function MarkedText({ text }: { readonly text: string }) {
  const mark = use(TextMarksContext);
  return mark === undefined ? text : mark(text);
}
