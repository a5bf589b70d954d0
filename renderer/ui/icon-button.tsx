import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";

export interface IconButtonProps extends Omit<
  ButtonHTMLAttributes<HTMLButtonElement>,
  "aria-label" | "title"
> {
  /** Its name, for the tooltip and for screen readers. */
  readonly label: string;
  readonly children: ReactNode;
  readonly tone?: "plain" | "accent" | "danger";
  /** 24 or 32 px square. */
  readonly size?: "small" | "medium";
  readonly ref?: Ref<HTMLButtonElement>;
}

const tones = {
  plain: "text-soft hover:bg-hover hover:text-ink active:bg-press aria-pressed:text-accent",
  accent: "bg-accent text-accent-ink hover:bg-accent-hover disabled:bg-press disabled:text-faint",
  danger: "text-danger hover:bg-danger-wash",
} as const;

const sizes = { small: "size-6 rounded-small", medium: "size-8 rounded-control" } as const;

/** A button that is only a picture, with its name as tooltip. */
export function IconButton({
  label,
  tone = "plain",
  size = "medium",
  className = "",
  children,
  ...rest
}: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`inline-flex shrink-0 items-center justify-center transition-colors ${sizes[size]} ${tones[tone]} ${className}`}
      {...rest}
    >
      {children}
    </button>
  );
}
