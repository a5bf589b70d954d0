import { CircleAlert, Info, TriangleAlert, X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./icon-button.tsx";

export interface NoteProps {
  /** `danger`: something failed; `warning`: something to know before going on; `info`: good to know. */
  readonly tone?: "info" | "warning" | "danger";
  /** What happened, in one sentence. */
  readonly title: ReactNode;
  /** The cure, or more words. */
  readonly children?: ReactNode;
  /** Buttons. */
  readonly actions?: ReactNode;
  readonly onDismiss?: () => void;
}

const icons = { info: Info, warning: TriangleAlert, danger: CircleAlert } as const;
const tones = {
  info: "bg-accent-wash [&>svg]:text-accent",
  warning: "bg-warning-wash [&>svg]:text-warning",
  danger: "bg-danger-wash [&>svg]:text-danger",
} as const;

/** A strip that says something beside the content. What failed is announced at once, all else when there is a pause. */
export function Note({ tone = "info", title, children, actions, onDismiss }: NoteProps) {
  const { t } = useTranslation("shell");
  const Icon = icons[tone];
  return (
    <div
      role={tone === "danger" ? "alert" : "status"}
      className={`flex items-start gap-2 rounded-control px-3 py-2 text-small text-ink ${tones[tone]}`}
    >
      <Icon aria-hidden="true" className="size-4 shrink-0" />
      <div className="flex min-w-0 flex-1 flex-col gap-1 wrap-break-word">
        <p className="font-medium">{title}</p>
        {children === undefined ? undefined : <div>{children}</div>}
        {actions === undefined ? undefined : (
          <div className="flex flex-wrap gap-2 pt-1 empty:hidden">{actions}</div>
        )}
      </div>
      {onDismiss === undefined ? undefined : (
        <IconButton size="small" label={t("dismiss")} onClick={onDismiss} className="-my-1 -mr-1">
          <X className="size-4" />
        </IconButton>
      )}
    </div>
  );
}
