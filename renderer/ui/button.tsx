import type { ButtonHTMLAttributes } from "react";

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** `primary`: the one thing to do here; `danger`: cannot be undone; `quiet`: everything else. */
  readonly kind?: "primary" | "quiet" | "danger";
}

const kinds = {
  primary: "bg-accent text-accent-ink hover:bg-accent-hover",
  quiet: "border border-hairline text-ink hover:bg-hover active:bg-press",
  danger: "border border-hairline text-danger hover:bg-danger-wash",
} as const;

/** A button with words on it. */
export function Button({ kind = "quiet", className = "", ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={`inline-flex h-8 items-center justify-center gap-2 rounded-control px-3 text-body font-medium transition-colors disabled:opacity-50 ${kinds[kind]} ${className}`}
      {...rest}
    />
  );
}
