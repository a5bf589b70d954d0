import { useEffect, useId, useRef, useState, type ReactNode } from "react";

/** Between the button and what it opens, and at least to the edges of the window. */
const GAP_PX = 4;
const EDGE_PX = 8;

interface PopoverProps {
  /** Name of what opens. */
  readonly label: string;
  /** On which side of the button, whose right edge it shares. */
  readonly side: "top" | "bottom";
  readonly button: {
    readonly title: string;
    /** What the button is called, where its content does not say. */
    readonly label?: string;
    readonly className: string;
    readonly content: ReactNode;
  };
  /** Gets what closes it. */
  readonly children: (close: () => void) => ReactNode;
}

/**
 * A button and what it opens over the window, by the browser's own popover: a click beside it or Esc closes it, and the
 * focus goes back. A library for this was a tenth of the page's code.
 */
export function Popover({ label, side, button, children }: PopoverProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const close = () => box.current?.hidePopover();
  useEffect(() => {
    if (!open) return;
    const leave = new AbortController();
    const { signal } = leave;
    box.current?.focus();
    addEventListener("resize", () => place(box.current, opener.current, side), { signal });
    // Esc is the window's own key as well: whoever closes this with it does not want to leave the window too.
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      box.current?.hidePopover();
    };
    addEventListener("keydown", onKeyDown, { capture: true, signal });
    return () => leave.abort();
  }, [open, side]);
  return (
    <>
      <button
        ref={opener}
        type="button"
        title={button.title}
        aria-label={button.label}
        aria-haspopup="dialog"
        aria-expanded={open}
        popoverTarget={id}
        className={button.className}
      >
        {button.content}
      </button>
      <div
        ref={box}
        id={id}
        popover="auto"
        role="dialog"
        aria-label={label}
        tabIndex={-1}
        onBeforeToggle={({ newState }) => {
          place(box.current, opener.current, side);
          setOpen(newState === "open");
        }}
        className="fixed inset-auto m-0 w-72 max-w-[calc(100%-1rem)] animate-appear flex-col gap-3 rounded-card border-0 bg-raised p-4 text-small text-ink shadow-raised outline-none open:flex"
      >
        {open ? children(close) : undefined}
      </div>
    </>
  );
}

function place(box: HTMLElement | null, opener: HTMLElement | null, side: PopoverProps["side"]): void {
  if (box === null || opener === null) return;
  const { top, bottom, right } = opener.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  box.style.right = `${Math.max(EDGE_PX, clientWidth - right)}px`;
  box.style.top = side === "bottom" ? `${bottom + GAP_PX}px` : "auto";
  box.style.bottom = side === "top" ? `${clientHeight - top + GAP_PX}px` : "auto";
}
