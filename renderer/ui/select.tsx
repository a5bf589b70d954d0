import { ChevronDown } from "lucide-react";

/** A value among those that are offered. */
export interface Choice<Value extends string> {
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (value: Value) => void;
  readonly describedBy?: string | undefined;
}

/** One of a few: the system's own list, which every assistive technology knows. */
export function Select<Value extends string>(props: Choice<Value> & { readonly id: string }) {
  const { id, value, options, onChange, describedBy } = props;
  return (
    <span className="relative inline-flex min-w-0 items-center">
      <select
        id={id}
        aria-describedby={describedBy}
        value={value}
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
