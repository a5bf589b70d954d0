import { ChevronDown } from "lucide-react";

interface SelectOption<Value extends string> {
  readonly value: Value;
  readonly label: string;
}

export interface SelectProps<Value extends string> {
  readonly id?: string;
  readonly label?: string;
  readonly value: Value;
  readonly options: readonly SelectOption<Value>[];
  readonly onChange: (value: Value) => void;
  readonly disabled?: boolean;
  readonly describedBy?: string | undefined;
}

/** One of a few: the system's own list, which every assistive technology knows. */
export function Select<Value extends string>(props: SelectProps<Value>) {
  const { id, label, value, options, onChange, disabled, describedBy } = props;
  return (
    <span className="relative inline-flex min-w-0 items-center">
      <select
        id={id}
        aria-label={label}
        aria-describedby={describedBy}
        value={value}
        disabled={disabled}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.currentTarget.value);
          if (chosen !== undefined) onChange(chosen.value);
        }}
        className="h-8 max-w-full appearance-none truncate rounded-control border border-control-soft bg-ground pr-8 pl-3 text-body text-ink transition-colors enabled:hover:bg-hover disabled:opacity-50"
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} className="bg-raised text-ink">
            {option.label}
          </option>
        ))}
      </select>
      <ChevronDown aria-hidden="true" className="pointer-events-none absolute right-2 size-4 text-soft" />
    </span>
  );
}
