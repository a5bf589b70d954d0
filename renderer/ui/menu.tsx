import { useEffect, useLayoutEffect, useRef, type KeyboardEvent, type ReactNode } from "react";

/** Between the menu and the edges of the window. */
const EDGE_PX = 8;

interface MenuItem {
  /** Where another one may have the same label. */
  readonly id?: string;
  readonly label: string;
  readonly icon: ReactNode;
  readonly danger?: boolean;
  /** The label says why. */
  readonly disabled?: boolean;
  /** It is so already. */
  readonly current?: boolean;
  readonly onPick: () => void;
}

interface MenuProps {
  readonly label: string;
  /** Where its corner is, in the window's pixels; it stays within the window. */
  readonly at: { readonly xPx: number; readonly yPx: number };
  readonly items: readonly MenuItem[];
  readonly onClose: () => void;
}

/** A menu that is open as long as it is there, by the browser's own popover: a click beside it, Esc and Tab close it. */
export function Menu({ label, at, items, onClose }: MenuProps) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    if (!element.matches(":popover-open")) element.showPopover();
    const { offsetWidth, offsetHeight } = element;
    const { clientWidth, clientHeight } = document.documentElement;
    element.style.left = `${Math.max(EDGE_PX, Math.min(at.xPx, clientWidth - offsetWidth - EDGE_PX))}px`;
    element.style.top = `${Math.max(EDGE_PX, Math.min(at.yPx, clientHeight - offsetHeight - EDGE_PX))}px`;
    itemsIn(element)[0]?.focus();
  }, [at]);
  useEffect(() => {
    // Esc is the window's own key as well: whoever closes this with it does not want to leave the window too.
    const onEscape = (event: globalThis.KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      box.current?.hidePopover();
    };
    addEventListener("keydown", onEscape, { capture: true });
    return () => removeEventListener("keydown", onEscape, { capture: true });
  }, []);
  return (
    <div
      ref={box}
      popover="auto"
      role="menu"
      tabIndex={-1}
      aria-label={label}
      onToggle={({ newState }) => (newState === "closed" ? onClose() : undefined)}
      onKeyDown={(event) => moveFocus(event, box.current)}
      className="fixed inset-auto m-0 max-h-[calc(100%-1rem)] max-w-[min(20rem,calc(100%-1rem))] min-w-44 flex-col overflow-y-auto rounded-card border-0 bg-raised p-1 text-body text-ink shadow-raised outline-none open:flex"
    >
      {items.map(({ label: name, id = name, icon, danger = false, disabled, current, onPick }) => (
        <button
          key={id}
          type="button"
          role="menuitem"
          tabIndex={-1}
          aria-disabled={disabled}
          aria-current={current || undefined}
          onClick={() => {
            if (disabled) return;
            // The focus is back where it was before the choice moves it on.
            box.current?.hidePopover();
            onPick();
          }}
          className={`flex min-h-8 shrink-0 items-center gap-2 rounded-control px-2 text-start hover:bg-hover active:bg-press aria-disabled:text-soft ${danger ? "text-danger" : ""}`}
        >
          {icon}
          <span dir="auto" className="min-w-0 truncate">
            {name}
          </span>
        </button>
      ))}
    </div>
  );
}

function moveFocus(event: KeyboardEvent, box: HTMLElement | null): void {
  const items = itemsIn(box);
  const at = items.findIndex((item) => item === document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  // What the list around it does with the same keys is not meant.
  event.stopPropagation();
  if (event.key === "Tab") box?.hidePopover();
  if (to === undefined) return;
  event.preventDefault();
  items.at(to % items.length)?.focus();
}

function itemsIn(box: HTMLElement | null): readonly HTMLElement[] {
  return [...(box?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
}
