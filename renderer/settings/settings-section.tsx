import { useId, type ReactNode } from "react";

/** Rows that belong together, under their name. */
export function SettingsSection({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="flex flex-col gap-1">
      <h3 id={id} className="px-1 text-small font-semibold text-soft">
        {title}
      </h3>
      <div className="flex flex-col divide-y divide-hairline rounded-card border border-hairline bg-raised px-3">
        {children}
      </div>
    </section>
  );
}
