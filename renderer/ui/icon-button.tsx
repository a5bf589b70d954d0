import type { ButtonHTMLAttributes, ReactNode } from "react";

export interface IconButtonProps extends Omit<
  ButtonHTMLAttributes<HTMLButtonElement>,
  "aria-label" | "title"
> {
  /** Its name, for the tooltip and for screen readers. */
  readonly label: string;
  readonly children: ReactNode;
  readonly tone?: "plain" | "accent" | "danger";
}

const tones = {
  plain: "text-soft hover:bg-hover hover:text-ink active:bg-press aria-pressed:text-accent",
  accent: "bg-accent text-accent-ink hover:bg-accent-hover disabled:bg-press disabled:text-faint",
  danger: "text-danger hover:bg-danger-wash",
} as const;

/** A button that is only a picture: 32 px square, with its name as tooltip. */
export function IconButton({ label, tone = "plain", className = "", children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`inline-flex size-8 shrink-0 items-center justify-center rounded-control transition-colors ${tones[tone]} ${className}`}
      {...rest}
    >
      {children}
    </button>
  );
}
