import {
  useEffect,
  useEffectEvent,
  useRef,
  type FocusEvent,
  type KeyboardEvent,
  type RefObject,
} from "react";

/** Arrow keys go from the search field through the rows and back; Home and End are the field's own. */
export function moveFocus(event: KeyboardEvent<HTMLElement>, container: HTMLElement | null): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const rows = rowsIn(container);
  const at = rows.findIndex((row) => row === document.activeElement);
  const to = at + (event.key === "ArrowDown" ? 1 : -1);
  if (to >= rows.length || (at === -1 && to < 0)) return;
  event.preventDefault();
  if (to >= 0) rows[to]?.focus();
  else event.currentTarget.querySelector("input")?.focus();
}

/** Enter in the search field opens the first chat; what is listed before the answer to the query is there is not meant. */
export function useEnter(answered: boolean, rows: RefObject<HTMLElement | null>) {
  const pressed = useRef(false);
  const open = useEffectEvent(() => {
    if (pressed.current) chatsIn(rows.current)[0]?.click();
    pressed.current = false;
  });
  useEffect(() => {
    if (answered) open();
  }, [answered]);
  return {
    press: () => {
      if (answered) chatsIn(rows.current)[0]?.click();
      else pressed.current = true;
    },
    forget: () => {
      pressed.current = false;
    },
  };
}

/**
 * The list is one stop for Tab, however many rows it has. It leads to the chat on show, or to the first in view.
 */
export function enterRows(
  { currentTarget, target, relatedTarget }: FocusEvent<HTMLElement>,
  scroller: HTMLElement | null,
): void {
  // A click beside the rows is none on one of them, and Shift+Tab leaves them.
  if (target !== currentTarget || !target.matches(":focus-visible")) return;
  if (relatedTarget instanceof Node && currentTarget.contains(relatedTarget)) return;
  const rows = focusableIn(currentTarget);
  const { top } = (scroller ?? currentTarget).getBoundingClientRect();
  const inView = rows.find((row) => row.getBoundingClientRect().top >= top);
  (rows.find((row) => row.ariaCurrent === "true") ?? inView)?.focus();
}

/** The row with the focus is about to go: the focus moves to the one below, above the last one, or to the search. */
export function leaveRow(container: HTMLElement | null): void {
  const rows = focusableIn(container);
  const at = rows.findIndex((row) => row.parentElement?.contains(document.activeElement));
  if (at < 0) return;
  const next = rows[at + 1] ?? rows[at - 1] ?? container?.parentElement?.querySelector("input");
  next?.focus();
}

/** Without those that are just being measured, which are hidden and take no focus. */
function focusableIn(container: HTMLElement | null): readonly HTMLElement[] {
  return rowsIn(container).filter((row) => row.checkVisibility({ visibilityProperty: true }));
}

/** Chats and places in them, and the rooms and projects above them. */
function rowsIn(container: HTMLElement | null): readonly HTMLElement[] {
  return [
    ...(container?.querySelectorAll<HTMLElement>("[data-chat-row], [data-project-row], [data-room-row]") ??
      []),
  ];
}

function chatsIn(container: HTMLElement | null): readonly HTMLElement[] {
  return rowsIn(container).filter((row) => row.dataset["chatRow"] !== undefined);
}
