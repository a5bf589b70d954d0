import { useId, type InputHTMLAttributes, type Ref } from "react";

export interface TextFieldProps extends Omit<
  InputHTMLAttributes<HTMLInputElement>,
  "id" | "aria-describedby" | "aria-invalid"
> {
  readonly label: string;
  /** Shown below until there is an error. */
  readonly hint?: string | undefined;
  /** What is wrong with the value, and the cure. */
  readonly error?: string | undefined;
  /** The label is for screen readers only; the placeholder says it too. */
  readonly labelHidden?: boolean;
  readonly ref?: Ref<HTMLInputElement>;
}

/** One line of text with its label and its note or error. */
export function TextField({
  label,
  hint,
  error,
  labelHidden = false,
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
      <input
        id={id}
        aria-invalid={error !== undefined}
        aria-describedby={note === undefined ? undefined : noteId}
        className="h-8 w-full rounded-control border border-control bg-ground px-3 text-body text-ink placeholder:text-faint disabled:opacity-50 aria-invalid:border-danger"
        {...rest}
      />
      {note === undefined ? undefined : (
        <p
          id={noteId}
          role={error === undefined ? undefined : "alert"}
          className={`text-small ${error === undefined ? "text-soft" : "text-danger"}`}
        >
          {note}
        </p>
      )}
    </div>
  );
}
