import type { CSSProperties, ReactNode } from "react";
import { useTranslation } from "react-i18next";

/** From so many rows on, a table out of sight is not laid out. */
const skippableRows = 24;
const rowPx = 31;

export interface TableBoxProps {
  readonly rowCount: number;
  readonly children: ReactNode;
}

/** A table that scrolls in a box of its own. */
export function TableBox({ rowCount, children }: TableBoxProps) {
  const { t } = useTranslation("markdown");
  const isLong = rowCount > skippableRows;
  const style: CSSProperties | undefined = isLong
    ? { contentVisibility: "auto", containIntrinsicBlockSize: `auto ${rowCount * rowPx}px` }
    : undefined;
  return (
    <div className="md-table" role="group" aria-label={t("table")} tabIndex={0} style={style}>
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
