import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

/** A table that scrolls in a box of its own. */
export function TableBox({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation("markdown");
  return (
    <div className="md-table" role="group" aria-label={t("table")} tabIndex={0}>
      <table>{children}</table>
    </div>
  );
}

/** The state of a task in a list; it cannot be changed. */
export function TaskBox({ checked }: { readonly checked: boolean }) {
  const { t } = useTranslation("markdown");
  return (
    <input type="checkbox" checked={checked} disabled aria-label={t(checked ? "taskDone" : "taskOpen")} />
  );
}
