import { useId } from "react";
import type { Choice } from "./select.tsx";

export interface SegmentedProps<Value extends string> extends Choice<Value> {
  /** Name of the group. */
  readonly label: string;
  readonly disabled?: boolean;
}

/** One of two or three, side by side: real radio buttons, so that arrow keys work as everywhere. */
export function Segmented<Value extends string>(props: SegmentedProps<Value>) {
  const { label, value, options, onChange, disabled = false, describedBy } = props;
  const name = useId();
  return (
    <fieldset
      aria-label={label}
      aria-describedby={describedBy}
      disabled={disabled}
      className="inline-flex min-w-0 rounded-control bg-sunken p-0.5 disabled:opacity-50"
    >
      {options.map((option) => (
        <label
          key={option.value}
          className="segment relative flex min-h-7 flex-auto items-center justify-center rounded-small px-2 text-center text-body text-soft transition-colors has-enabled:hover:text-ink has-checked:bg-chosen has-checked:font-medium has-checked:text-ink has-checked:shadow-segment has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-focus"
        >
          <input
            type="radio"
            name={name}
            className="absolute inset-0 opacity-0"
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}
