import type { ButtonHTMLAttributes, ReactNode } from "react";

interface FinderRowProps extends Pick<
  ButtonHTMLAttributes<HTMLButtonElement>,
  "title" | "tabIndex" | "onContextMenu" | "onKeyDown"
> {
  readonly current: boolean;
  readonly onOpen: () => void;
  readonly children: ReactNode;
}

/** A chat or a place in one, in the list and among what was found: the arrow keys go from one to the next. */
export function FinderRow({ current, onOpen, children, ...rest }: FinderRowProps) {
  return (
    <button
      type="button"
      data-chat-row=""
      aria-current={current || undefined}
      onClick={onOpen}
      {...rest}
      className="flex min-h-9 w-full min-w-0 items-center gap-3 rounded-control px-2 py-1.5 text-start transition-colors hover:bg-hover active:bg-press aria-current:bg-accent-wash aria-current:font-medium"
    >
      {children}
    </button>
  );
}
