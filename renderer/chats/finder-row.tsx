import type { HTMLAttributes, ReactNode } from "react";
import { addressOf, type Place } from "../bridge/address.ts";
import { useApp } from "../bridge/use-bridge.ts";

interface FinderRowProps extends Pick<
  HTMLAttributes<HTMLElement>,
  "title" | "tabIndex" | "onContextMenu" | "onKeyDown"
> {
  /** What it opens; undefined: something that has no address. */
  readonly place?: Place;
  readonly current: boolean;
  readonly onOpen: () => void;
  readonly children: ReactNode;
}

const classes =
  "flex min-h-9 w-full min-w-0 items-center gap-3 rounded-control px-2 py-1.5 text-start transition-colors hover:bg-hover active:bg-press aria-current:bg-accent-wash aria-current:font-medium";

const marks = {
  chat: { "data-chat-row": "" },
  project: { "data-project-row": "" },
  room: { "data-room-row": "" },
} as const;

/**
 * A chat or a place in one, in the list and among what was found, a room, or a project: the arrow keys go from one to the next. On a
 * page a chat or a room is a link to its address, so that a browser can open it in another tab; a desktop has no such address.
 */
export function FinderRow({ place, current, onOpen, children, ...rest }: FinderRowProps) {
  const isPage = useApp((state) => state.face === "web");
  const mark = marks[place?.view === "room" || place?.view === "chat" ? place.view : "project"];
  const common = { ...mark, ...rest, "aria-current": current || undefined, className: classes };
  if (place === undefined || !isPage) {
    return (
      <button type="button" onClick={onOpen} {...common}>
        {children}
      </button>
    );
  }
  return (
    <a
      href={addressOf(place)}
      onClick={(event) => {
        // With a key the browser opens it elsewhere.
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        onOpen();
      }}
      {...common}
    >
      {children}
    </a>
  );
}
