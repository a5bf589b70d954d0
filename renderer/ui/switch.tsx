interface SwitchProps {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly disabled: boolean;
  /** Id of the control, for its `label`. */
  readonly id: string;
  readonly describedBy: string | undefined;
}

/** On or off, at once. */
export function Switch({ checked, onChange, disabled, id, describedBy }: SwitchProps) {
  return (
    <span className="relative inline-flex h-5 w-9 shrink-0 items-center">
      <input
        type="checkbox"
        role="switch"
        id={id}
        aria-describedby={describedBy}
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
        className="peer absolute inset-0 m-0 appearance-none rounded-full border border-control bg-sunken transition-colors checked:border-accent checked:bg-accent disabled:opacity-50"
      />
      <span
        aria-hidden="true"
        className="switch-thumb pointer-events-none absolute left-0.75 size-3.5 rounded-full bg-control transition-transform peer-checked:translate-x-4 peer-checked:bg-accent-ink"
      />
    </span>
  );
}
