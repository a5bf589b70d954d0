import { useId, type InputHTMLAttributes, type ReactNode, type Ref } from "react";

export interface TextFieldProps extends Omit<
  InputHTMLAttributes<HTMLInputElement>,
  "id" | "aria-describedby" | "aria-invalid" | "size"
> {
  readonly label: string;
  /** Shown below until there is an error. */
  readonly hint?: ReactNode;
  /** What is wrong with the value, and the cure. */
  readonly error?: string | undefined;
  /** The label is for screen readers only; the placeholder says it too. */
  readonly labelHidden?: boolean;
  /** 32 or 40 px high. */
  readonly size?: "medium" | "large";
  /** A small button within the field, at its end. */
  readonly end?: ReactNode;
  readonly ref?: Ref<HTMLInputElement>;
}

const sizes = { medium: "h-8", large: "h-10" } as const;

/** One line of text with its label and its note or error. */
export function TextField({
  label,
  hint,
  error,
  labelHidden = false,
  size = "medium",
  end,
  className = "",
  ...rest
}: TextFieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = error ?? hint;
  return (
    <div className={`flex flex-col gap-1 ${className}`}>
      <label htmlFor={id} className={labelHidden ? "sr-only" : "text-small font-medium text-soft"}>
        {label}
      </label>
      <div className="relative">
        <input
          id={id}
          aria-invalid={error !== undefined}
          aria-describedby={note === undefined ? undefined : noteId}
          className={`${sizes[size]} w-full rounded-control border border-control bg-ground px-3 text-body text-ink placeholder:text-faint disabled:opacity-50 aria-invalid:border-danger ${end === undefined ? "" : "pr-10"}`}
          {...rest}
        />
        {end === undefined ? undefined : (
          <div className="absolute inset-y-0 right-2 flex items-center">{end}</div>
        )}
      </div>
      {note === undefined ? undefined : (
        <div
          id={noteId}
          role={error === undefined ? undefined : "alert"}
          className={`text-small ${error === undefined ? "text-soft" : "text-danger"}`}
        >
          {note}
        </div>
      )}
    </div>
  );
}
