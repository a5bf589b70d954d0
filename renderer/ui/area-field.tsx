import { useId, type TextareaHTMLAttributes } from "react";

interface AreaFieldProps extends Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "id"> {
  readonly label: string;
  readonly hint: string;
  /** What is wrong with the text, and the cure. */
  readonly error: string | undefined;
}

/** Several lines of text with their label and their note or error. */
export function AreaField({ label, hint, error, ...rest }: AreaFieldProps) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-small font-medium text-soft">
        {label}
      </label>
      <textarea
        id={id}
        rows={6}
        dir="auto"
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
        className="w-full resize-none rounded-control border border-control bg-ground px-3 py-2 text-body text-ink aria-invalid:border-danger"
        {...rest}
      />
      <p
        id={`${id}-note`}
        role={error === undefined ? undefined : "alert"}
        className={`text-small ${error === undefined ? "text-soft" : "text-danger"}`}
      >
        {error ?? hint}
      </p>
    </div>
  );
}
