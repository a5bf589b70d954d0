import { useEffect } from "react";
import { useBridge, useView } from "../bridge/use-bridge.ts";

/** Writes what is to be quoted, and goes on there. */
export function useQuotes(
  field: { readonly current: HTMLTextAreaElement | null },
  write: (quote: string) => void,
): void {
  const quoted = useView((state) => state.quoted);
  const { views } = useBridge();
  useEffect(() => {
    if (quoted === undefined) return;
    views.quote(undefined);
    write(quoted);
    field.current?.focus();
    requestAnimationFrame(() => {
      const end = field.current?.value.length ?? 0;
      field.current?.setSelectionRange(end, end);
    });
  }, [quoted, views, write, field]);
}
