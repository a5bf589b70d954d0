import { useEffect, useState } from "react";
import type { ModelCheck } from "#contract/model-connection.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ActionError } from "../bridge/use-action.ts";
import { useBridge } from "../bridge/use-bridge.ts";

/** How long nothing is typed before the address is asked. */
const quietMs = 500;

export type CheckState =
  | { readonly kind: "idle" }
  | { readonly kind: "checking" }
  | { readonly kind: "done"; readonly check: ModelCheck }
  | { readonly kind: "failed"; readonly error: ActionError };

const idle: CheckState = { kind: "idle" };

/**
 * Asks an address for its models once the person stops typing; what is typed meanwhile ends the check that runs.
 *
 * @param url undefined: nothing to check yet
 * @param readKey read when it is asked, and not kept
 * @param round another number checks again
 */
export function useModelCheck(
  url: string | undefined,
  readKey: () => string | undefined,
  round: number,
): CheckState {
  const { commands } = useBridge();
  const [state, setState] = useState(idle);
  useEffect(() => {
    if (url === undefined) {
      setState(idle);
      return;
    }
    let left = false;
    let asked = false;
    const show = (next: CheckState): void => {
      if (!left) setState(next);
    };
    show({ kind: "checking" });
    const timer = setTimeout(() => {
      asked = true;
      const key = readKey();
      commands.checkModel(key === undefined ? { url } : { url, key }).then(
        (check) => show({ kind: "done", check }),
        (reason: unknown) => {
          const { code, message, field } = PipitError.from(reason);
          show({ kind: "failed", error: { code, message, field } });
        },
      );
    }, quietMs);
    return () => {
      left = true;
      clearTimeout(timer);
      if (asked) void commands.stopModelCheck();
    };
  }, [commands, url, round]);
  return state;
}
