import { X } from "lucide-react";
import { Dialog as RadixDialog } from "radix-ui";
import { useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./icon-button.tsx";

export interface DialogProps {
  readonly open: boolean;
  /** Esc, the close button, or a click beside it. */
  readonly onClose: () => void;
  readonly title: string;
  /** `card` in the middle, as high as its content; `drawer` at the left edge, full height; `window` over nearly all of it. */
  readonly shape?: "card" | "drawer" | "window";
  readonly children: ReactNode;
}

const shapes = {
  card: "inset-x-4 top-1/2 mx-auto max-h-[calc(100%-2rem)] max-w-dialog -translate-y-1/2 rounded-card",
  drawer: "inset-y-0 left-0 w-drawer max-w-[calc(100%-2rem)] border-r border-hairline",
  window: "inset-4 rounded-card sm:inset-8",
} as const;

/**
 * A modal dialog. It has a backdrop of its own: Radix' Overlay puts a style element into the page, which the content
 * policy forbids. Focus begins at what is marked `data-initial-focus`, stays inside, and goes back to where it was.
 */
export function Dialog({ open, onClose, title, shape = "card", children }: DialogProps) {
  const { t } = useTranslation("shell");
  const before = useRef<HTMLElement>(undefined);
  return (
    <RadixDialog.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <RadixDialog.Portal>
        <div aria-hidden="true" className="fixed inset-0 z-20 animate-appear bg-backdrop" />
        <RadixDialog.Content
          aria-describedby={undefined}
          onOpenAutoFocus={(event) => {
            const { activeElement } = document;
            before.current = activeElement instanceof HTMLElement ? activeElement : undefined;
            if (!(event.currentTarget instanceof HTMLElement)) return;
            event.preventDefault();
            const first = event.currentTarget.querySelector<HTMLElement>("[data-initial-focus]");
            (first ?? event.currentTarget).focus();
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            // What closed it may have put the focus elsewhere.
            if (document.activeElement === document.body) before.current?.focus();
          }}
          className={`fixed z-30 flex animate-appear flex-col bg-raised text-body text-ink shadow-raised outline-none ${shapes[shape]}`}
        >
          <header className="flex h-12 shrink-0 items-center justify-between gap-2 pr-2 pl-4">
            <RadixDialog.Title className="truncate text-title font-semibold">{title}</RadixDialog.Title>
            <IconButton label={t("close")} onClick={onClose}>
              <X className="size-4" />
            </IconButton>
          </header>
          {children}
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}
