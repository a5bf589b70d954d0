import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { Button } from "../ui/button.tsx";

interface FoldableProps {
  readonly label: string;
  readonly hint: string;
  /** What it opens with. */
  readonly action: string;
  readonly danger?: boolean;
  /** Said once the work is done; it stands in the place of the hint. */
  readonly done?: string | undefined;
  /** The form; it gets what closes it. */
  readonly children: (close: () => void) => ReactNode;
}

/** One line of the profile, and the form behind its button. */
export function Foldable({ label, hint, action, danger = false, done, children }: FoldableProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const wasOpen = useRef(false);
  useEffect(() => {
    if (open) body.current?.querySelector<HTMLElement>("input")?.focus();
    else if (wasOpen.current) opener.current?.focus();
    wasOpen.current = open;
  }, [open]);
  return (
    <div className="flex flex-col gap-3 py-2.5">
      <div className="flex items-center justify-between gap-4">
        <div className="flex min-w-0 flex-col">
          <p id={id}>{label}</p>
          <p role="status" className={`text-small ${done === undefined ? "text-soft" : "text-accent"}`}>
            {done ?? hint}
          </p>
        </div>
        <Button
          ref={opener}
          kind={danger ? "danger" : "quiet"}
          aria-expanded={open}
          aria-describedby={id}
          onClick={() => setOpen(!open)}
        >
          {action}
        </Button>
      </div>
      {open ? (
        <div ref={body} className="flex flex-col gap-3 pb-1">
          {children(() => setOpen(false))}
        </div>
      ) : undefined}
    </div>
  );
}
