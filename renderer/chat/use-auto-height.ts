import { useLayoutEffect } from "react";

/** Lets a text area grow with its text where the browser does not do so by itself (`field-sizing: content`). */
export function useAutoHeight(field: { readonly current: HTMLTextAreaElement | null }, text: string): void {
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null || CSS.supports("field-sizing", "content")) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [field, text]);
}
