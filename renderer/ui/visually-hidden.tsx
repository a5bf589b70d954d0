import type { ReactNode } from "react";

export interface VisuallyHiddenProps {
  readonly children: ReactNode;
  /** `status`: what changes in it is announced. */
  readonly role?: "status" | "alert";
}

/** Words for screen readers only. */
export function VisuallyHidden({ children, role }: VisuallyHiddenProps) {
  return (
    <span role={role} className="sr-only">
      {children}
    </span>
  );
}
