import { useState } from "react";
import type { ErrorCode } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";

/** Why an action failed, as plain data. */
export interface ActionError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly field: string | undefined;
}

/** A command whose failure is shown where it was given, not in the window's strip. */
export interface Action {
  readonly busy: boolean;
  readonly error: ActionError | undefined;
  /** Tells whether it worked. A second call while one is running does nothing. */
  readonly run: (work: () => Promise<unknown>) => Promise<boolean>;
  readonly clear: () => void;
}

export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ActionError>();
  const run = async (work: () => Promise<unknown>) => {
    if (busy) return false;
    setBusy(true);
    setError(undefined);
    try {
      await work();
      return true;
    } catch (reason) {
      const { code, message, field } = PipitError.from(reason);
      if (code !== "CANCELLED") setError({ code, message, field });
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, run, clear: () => setError(undefined) };
}
