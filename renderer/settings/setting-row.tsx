import { useId, type ReactNode } from "react";
import type { AppState } from "#contract/app-state.ts";
import { Segmented, type SegmentedProps } from "../ui/segmented.tsx";
import { Switch } from "../ui/switch.tsx";
import { useSetting } from "./use-setting.ts";
import { useFaceHas } from "./use-face-has.ts";
import { useUnavailable } from "./use-unavailable.ts";

interface SettingRowProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  /** Below the label instead of beside it, for wide controls. */
  readonly wide?: boolean;
  /** The control; `describedBy` names the hint and the error. */
  readonly children: (control: {
    readonly id: string;
    readonly describedBy: string | undefined;
  }) => ReactNode;
}

/** One line of the settings: what it is, what it means, and its control. */
export function SettingRow({ label, hint, error, wide = false, children }: SettingRowProps) {
  const id = useId();
  const hintId = hint === undefined ? undefined : `${id}-hint`;
  const errorId = error === undefined ? undefined : `${id}-error`;
  const describedBy = [hintId, errorId].filter((part) => part !== undefined).join(" ") || undefined;
  const control = children({ id, describedBy });
  const notes = (
    <>
      {hint === undefined ? undefined : (
        <p id={hintId} className="text-small text-soft">
          {hint}
        </p>
      )}
      {error === undefined ? undefined : (
        <p id={errorId} role="alert" className="text-small text-danger">
          {error}
        </p>
      )}
    </>
  );
  return (
    <div className={`flex gap-x-4 gap-y-2 py-2.5 ${wide ? "flex-col" : "items-center justify-between"}`}>
      <div className="flex min-w-0 flex-col">
        <label htmlFor={id}>{label}</label>
        {wide ? undefined : notes}
      </div>
      {wide ? control : <div className="flex shrink-0 items-center">{control}</div>}
      {wide ? notes : undefined}
    </div>
  );
}

/** A choice of two or three side by side, under its label. */
export function SegmentedRow<Value extends string>({
  hint,
  error,
  ...choice
}: Omit<SegmentedProps<Value>, "describedBy"> & Pick<SettingRowProps, "hint" | "error">) {
  return (
    <SettingRow wide label={choice.label} hint={hint} error={error}>
      {({ describedBy }) => <Segmented {...choice} describedBy={describedBy} />}
    </SettingRow>
  );
}

interface SwitchSettingProps extends Pick<SettingRowProps, "label" | "hint"> {
  readonly name:
    | "searchAllChats"
    | "historyFile"
    | "speak"
    | "spellcheck"
    | "startAtLogin"
    | "notify"
    | "compactBar"
    | "selectionFromClipboard"
    | "tellPrograms";
  /** What it needs of this machine; without it the hint says why it cannot be set. */
  readonly feature?: keyof AppState["features"];
}

/** A setting that is on or off; nothing where the face has no such feature. */
export function SwitchSetting({ name, feature, label, hint }: SwitchSettingProps) {
  const { value, save, error } = useSetting(name);
  const missing = useUnavailable(feature);
  if (!useFaceHas(feature)) return;
  return (
    <SettingRow label={label} hint={missing ?? hint} error={error}>
      {(control) => (
        <Switch
          {...control}
          checked={value}
          disabled={missing !== undefined}
          onChange={(checked) => void save(checked)}
        />
      )}
    </SettingRow>
  );
}
