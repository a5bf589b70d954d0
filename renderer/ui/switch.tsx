import { Switch as RadixSwitch } from "radix-ui";

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
    <RadixSwitch.Root
      id={id}
      aria-describedby={describedBy}
      checked={checked}
      disabled={disabled}
      onCheckedChange={onChange}
      className="inline-flex h-5 w-9 shrink-0 items-center rounded-full border border-control bg-sunken px-0.5 transition-colors disabled:opacity-50 data-[state=checked]:border-accent data-[state=checked]:bg-accent"
    >
      <RadixSwitch.Thumb className="switch-thumb size-3.5 rounded-full bg-control transition-transform data-[state=checked]:translate-x-4 data-[state=checked]:bg-accent-ink" />
    </RadixSwitch.Root>
  );
}
