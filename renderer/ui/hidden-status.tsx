import type { ReactNode } from "react";

/** Words for screen readers only; what changes in them is announced. */
export function HiddenStatus({ children }: { readonly children: ReactNode }) {
  return (
    <span role="status" className="sr-only">
      {children}
    </span>
  );
}
