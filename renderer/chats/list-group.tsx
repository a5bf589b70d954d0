import { ChevronDown, Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { IconButton } from "../ui/icon-button.tsx";

interface ListGroupProps {
  readonly title: string;
  readonly add: { readonly label: string; readonly disabled: boolean; readonly onClick: () => void };
  /** What leads to the rows that do not stand there yet, where there are some. */
  readonly more: { readonly label: string; readonly onClick: () => void } | undefined;
  /** List items. */
  readonly children: ReactNode;
}

/** A group above the folders of the list, which can be folded. */
export function ListGroup({ title, add, more, children }: ListGroupProps) {
  const [open, setOpen] = useState(true);
  return (
    <section aria-label={title}>
      <div className="flex items-center justify-between pe-1.5 pt-2">
        <h3 className="min-w-0">
          <button
            type="button"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
            className="flex min-h-8 items-center gap-1 rounded-control px-2 text-small font-medium text-soft transition-colors hover:text-ink"
          >
            {title}
            <ChevronDown
              aria-hidden="true"
              className={`size-3.5 ${open ? "" : "-rotate-90 rtl:rotate-90"}`}
            />
          </button>
        </h3>
        <IconButton label={add.label} size="small" disabled={add.disabled} onClick={add.onClick}>
          <Plus className="size-4" />
        </IconButton>
      </div>
      <ul className="empty:hidden">{open ? children : undefined}</ul>
      {open && more !== undefined ? (
        <button
          type="button"
          onClick={more.onClick}
          className="min-h-8 rounded-control px-2 text-small text-soft transition-colors hover:text-ink"
        >
          {more.label}
        </button>
      ) : undefined}
    </section>
  );
}
