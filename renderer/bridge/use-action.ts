import { useState } from "react";
import { PipitError } from "#contract/pipit-error.ts";

/** Why an action failed, as plain data. */
export interface ActionError extends Pick<PipitError, "code" | "message" | "field"> {
  /** Before this the same is refused again. */
  readonly retryAtMs?: number | undefined;
}

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
      const { code, message, field, retryAfterMs } = PipitError.from(reason);
      const retryAtMs = retryAfterMs === undefined ? undefined : Date.now() + retryAfterMs;
      if (code !== "CANCELLED") setError({ code, message, field, retryAtMs });
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, run, clear: () => setError(undefined) };
}
