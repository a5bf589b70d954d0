import { ArrowDown } from "lucide-react";
import type { KeyboardEvent, ReactNode, Ref } from "react";
import { useTranslation } from "react-i18next";
import type { CustomContainerComponentProps } from "virtua";
import type { EndFollower } from "./use-end-follower.ts";

/** Keys that move a scrolled area towards its start. */
const upKeys = new Set(["ArrowUp", "PageUp", "Home"]);

interface LogScrollerProps {
  readonly ref: Ref<HTMLDivElement>;
  readonly label: string;
  readonly follower: EndFollower;
  readonly onScroll?: (element: HTMLElement) => void;
  readonly children: ReactNode;
}

/**
 * What messages are scrolled in. A log, but silent: rows come and go while it is scrolled, so what happens is told by a
 * status beside it.
 */
export function LogScroller({ ref, label, follower, onScroll, children }: LogScrollerProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (upKeys.has(event.key)) follower.pulledUp();
    const hasModifier = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
    if (event.target !== event.currentTarget || hasModifier) return;
    // At once: on the way, rows that get their true height would stop the browser's own gliding.
    if (event.key === "Home") follower.toStart();
    else if (event.key === "End") follower.toEnd();
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={ref}
      role="log"
      aria-live="off"
      aria-label={label}
      tabIndex={0}
      data-message-scroller
      className="h-full scroll-area overscroll-contain -outline-offset-2 [overflow-anchor:none]"
      onScroll={({ currentTarget }) => {
        follower.scrolled();
        onScroll?.(currentTarget);
      }}
      onWheel={(event) => {
        if (event.deltaY < 0) follower.pulledUp();
      }}
      onTouchMove={follower.pulledUp}
      onKeyDown={onKeyDown}
    >
      {children}
    </div>
  );
}

/** The list's ground. The virtual list would make it deaf to the pointer while it scrolls, so for as long as text comes. */
export function Rows({
  style,
  children,
  ref,
}: CustomContainerComponentProps & { readonly children: ReactNode }) {
  return (
    <div ref={ref as Ref<HTMLDivElement>} style={{ ...style, pointerEvents: "auto" }}>
      {children}
    </div>
  );
}

/** The way back to the end; `unread`: something new is there. */
export function JumpButton({ unread, onJump }: { readonly unread: boolean; readonly onJump: () => void }) {
  const { t } = useTranslation("chat");
  return (
    <button
      type="button"
      aria-label={unread ? t("jumpToNew") : t("jumpToEnd")}
      title={t("jumpToEnd")}
      onClick={onJump}
      className="absolute inset-x-0 bottom-3 mx-auto inline-flex size-8 items-center justify-center rounded-full bg-raised text-soft shadow-raised transition-colors hover:text-ink"
    >
      <ArrowDown aria-hidden="true" className="size-4" />
      {unread && (
        <span className="absolute -end-0.5 -top-0.5 size-2.5 rounded-full border-2 border-raised bg-accent" />
      )}
    </button>
  );
}
