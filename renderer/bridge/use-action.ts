import { useState } from "react";
import { PipitError } from "#contract/pipit-error.ts";

/** Why an action failed, as plain data. */
export type ActionError = Pick<PipitError, "code" | "message" | "field">;

/** A command whose failure is shown where it was given, not in the window's strip. */
export function useAction() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ActionError>();
  /** Tells whether it worked. A second call while one is running does nothing. */
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
