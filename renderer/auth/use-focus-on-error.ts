import { useEffect, useRef, type RefObject } from "react";
import type { ActionError } from "../bridge/use-action.ts";

/** For a form: what failed leaves the focus at the first field that is wrong, with its text selected. */
export function useFocusOnError(error: ActionError | undefined): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (error !== undefined) focusFirstWrong(form.current);
  }, [error]);
  return form;
}

export function focusFirstWrong(form: HTMLFormElement | null): void {
  const field = form?.querySelector<HTMLInputElement>("input[aria-invalid=true]");
  field?.focus();
  field?.select();
}
