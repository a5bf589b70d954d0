import { useEffect, useRef, type ReactNode, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import type { ActionError } from "../bridge/use-action.ts";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";

interface ProfileFormProps {
  /** What it does, on its button. */
  readonly submit: string;
  readonly danger?: boolean;
  readonly busy: boolean;
  /** What failed and belongs to no field. */
  readonly error: ActionError | undefined;
  /** Grows with each attempt that failed: the first field that is wrong gets the focus. */
  readonly failures: number;
  readonly onSubmit: () => void;
  readonly onCancel?: (() => void) | undefined;
  readonly children: ReactNode;
}

/** A form of the profile: its fields, what went wrong beside them, and its buttons. */
export function ProfileForm(props: ProfileFormProps) {
  const { t } = useTranslation("profile");
  const { failures, onCancel } = props;
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (failures > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [failures]);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!props.busy) props.onSubmit();
  };
  return (
    <form ref={form} noValidate aria-label={props.submit} className="flex flex-col gap-3" onSubmit={submit}>
      {props.children}
      {props.error === undefined ? undefined : <ErrorNote error={props.error} />}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" kind={props.danger === true ? "danger" : "primary"} busy={props.busy}>
          {props.submit}
        </Button>
        {onCancel === undefined ? undefined : <Button onClick={onCancel}>{t("cancel")}</Button>}
      </div>
    </form>
  );
}
