import { useId } from "react";
import { useTranslation } from "react-i18next";
import { presets, type Preset } from "./presets.ts";

interface PresetChoiceProps {
  readonly value: Preset["id"];
  readonly onChange: (preset: Preset) => void;
}

/** Model servers to begin with: real radio buttons, so that arrow keys work as everywhere. */
export function PresetChoice({ value, onChange }: PresetChoiceProps) {
  const { t } = useTranslation("model");
  const name = useId();
  return (
    <fieldset aria-label={t("provider")} className="grid grid-cols-3 gap-2">
      {presets.map((preset) => (
        <label
          key={preset.id}
          className="relative flex h-9 items-center justify-center rounded-control border border-control-soft px-2 text-center text-soft transition-colors hover:bg-hover hover:text-ink has-checked:border-accent has-checked:bg-accent-wash has-checked:font-medium has-checked:text-ink has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-focus"
        >
          <input
            type="radio"
            name={name}
            className="absolute inset-0 opacity-0"
            value={preset.id}
            checked={preset.id === value}
            {...(preset.id === value ? { "data-initial-focus": "" } : {})}
            onChange={() => onChange(preset)}
          />
          {preset.name ?? t("presets.own")}
        </label>
      ))}
    </fieldset>
  );
}
