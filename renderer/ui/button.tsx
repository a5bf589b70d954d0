import type { ButtonHTMLAttributes, Ref } from "react";
import { Spinner } from "./spinner.tsx";

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** `primary`: the one thing to do here; `danger`: cannot be undone; `quiet`: everything else; `link`: words in a line. */
  readonly kind?: "primary" | "quiet" | "danger" | "link";
  /** 24, 32 or 40 px high. */
  readonly size?: "small" | "medium" | "large";
  /** Works right now: it keeps its words and its focus, but cannot be pressed again. */
  readonly busy?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

const kinds = {
  primary: "bg-accent text-accent-ink enabled:hover:bg-accent-hover",
  quiet: "border border-control-soft text-ink enabled:hover:bg-hover enabled:active:bg-press",
  danger: "border border-control-soft text-danger enabled:hover:bg-danger-wash",
  link: "text-accent underline-offset-2 enabled:hover:underline",
} as const;

const sizes = {
  small: "h-6 gap-1 text-small",
  medium: "h-8 gap-2 text-body",
  large: "h-10 gap-2 text-body",
} as const;

const paddings = { small: "px-2", medium: "px-3", large: "px-4" } as const;

const base =
  "inline-flex shrink-0 items-center justify-center rounded-control font-medium transition-colors disabled:opacity-50 aria-disabled:cursor-default";

/** Of a link that looks as a button does: it leads to a file. */
export const fileLinkClasses = `${base} ${sizes.medium} ${paddings.medium} border border-control-soft text-ink hover:bg-hover active:bg-press`;

/** A button with words on it. */
export function Button({
  kind = "quiet",
  size = "medium",
  busy = false,
  className = "",
  onClick,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      className={`${base} ${sizes[size]} ${kinds[kind]} ${kind === "link" ? "" : paddings[size]} ${className}`}
      {...rest}
    >
      {busy ? <Spinner /> : undefined}
      {children}
    </button>
  );
}
