import { useId, type ReactNode } from "react";

export interface SettingRowProps {
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
  return (
    <div className={`flex gap-x-4 gap-y-2 py-2.5 ${wide ? "flex-col" : "items-center justify-between"}`}>
      <div className="flex min-w-0 flex-col">
        <label htmlFor={id}>{label}</label>
        {wide ? undefined : <RowNotes {...{ hint, hintId, error, errorId }} />}
      </div>
      {children({ id, describedBy })}
      {wide ? <RowNotes {...{ hint, hintId, error, errorId }} /> : undefined}
    </div>
  );
}

interface RowNotesProps {
  readonly hint: string | undefined;
  readonly hintId: string | undefined;
  readonly error: string | undefined;
  readonly errorId: string | undefined;
}

function RowNotes({ hint, hintId, error, errorId }: RowNotesProps) {
  return (
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
}
