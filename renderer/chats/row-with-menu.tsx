import { Ellipsis } from "lucide-react";
import { useState, type ReactNode } from "react";
import { IconButton } from "../ui/icon-button.tsx";
import type { Place } from "../bridge/address.ts";
import { FinderRow } from "./finder-row.tsx";

/** Where a menu opens, in the window's pixels. */
export interface MenuPlace {
  readonly xPx: number;
  readonly yPx: number;
}

interface RowWithMenuProps {
  readonly place?: Place;
  readonly current: boolean;
  readonly title: string;
  readonly menuLabel: string;
  readonly onOpen: () => void;
  readonly onMenu: (at: MenuPlace) => void;
  readonly onKey?: (key: string) => void;
  readonly children: ReactNode;
}

/** A row of the list, whose menu opens by its button and by a right click. */
export function RowWithMenu({ menuLabel, onMenu, onKey, children, ...row }: RowWithMenuProps) {
  // Of all rows only the one with the focus is a stop for Tab, with its menu: the arrow keys lead to the others.
  const [focused, setFocused] = useState(false);
  const tabIndex = focused ? 0 : -1;
  return (
    <div
      className="group/row relative flex items-center"
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
    >
      <FinderRow
        {...row}
        tabIndex={tabIndex}
        onContextMenu={(event) => {
          event.preventDefault();
          onMenu({ xPx: event.clientX, yPx: event.clientY });
        }}
        onKeyDown={({ key }) => onKey?.(key)}
      >
        {children}
      </FinderRow>
      <IconButton
        label={menuLabel}
        size="small"
        tabIndex={tabIndex}
        aria-haspopup="menu"
        onClick={({ currentTarget }) => {
          const { left, bottom } = currentTarget.getBoundingClientRect();
          onMenu({ xPx: left, yPx: bottom });
        }}
        className="absolute end-1.5 opacity-0 group-hover/row:opacity-100 focus-visible:opacity-100 group-focus-within/row:opacity-100 pointer-coarse:opacity-100"
      >
        <Ellipsis className="size-4" />
      </IconButton>
    </div>
  );
}
