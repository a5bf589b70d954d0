import { useState } from "react";
import { useAction } from "../bridge/use-action.ts";
import { useFieldErrors, type ProfileField } from "./field-errors.ts";

/**
 * A form of the profile: what is missing or refused is said at its field, and the first such field gets the focus.
 *
 * @param fields those that the form has
 * @param missing a text for each field that must not be sent as it is; checked when the form is sent
 */
export function useProfileForm(
  fields: readonly ProfileField[],
  missing: Partial<Record<ProfileField, string | undefined>>,
) {
  const { busy, error, run, clear } = useAction();
  const [checked, setChecked] = useState(false);
  const [failures, setFailures] = useState(0);
  const { textAt, rest } = useFieldErrors(error, fields);
  const complete = fields.every((field) => missing[field] === undefined);
  /** Does the work if nothing is missing; tells whether it worked. */
  const send = async (work: () => Promise<unknown>): Promise<boolean> => {
    setChecked(true);
    const worked = complete && (await run(work));
    if (!worked) setFailures((before) => before + 1);
    return worked;
  };
  return {
    send,
    /** Something was typed: what was wrong may be right now. */
    clear,
    errorAt: (field: ProfileField) => (checked ? missing[field] : undefined) ?? textAt(field),
    form: { busy, error: rest, failures },
  };
}
