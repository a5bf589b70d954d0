import { useEffect, useState } from "react";
import type { ModelConnection } from "#contract/model-connection.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { useApp, useAuth, useBridge, useView } from "../bridge/use-bridge.ts";

/** Where the answers come from, as far as this account may know. */
export type ModelConnectionState =
  | { readonly kind: "unknown" }
  /** Another account connects models here. */
  | { readonly kind: "others" }
  | { readonly kind: "known"; readonly view: ModelConnection };

/** Asks the server at first, and again when its model, the account or the dialog has changed. */
export function useModelConnection(): ModelConnectionState {
  const { commands } = useBridge();
  const model = useModelName();
  const auth = useAuth();
  const account = auth.kind === "signed-in" ? auth.accountId : undefined;
  const editing = useView(({ dialog }) => dialog === "model");
  const [state, setState] = useState<ModelConnectionState>({ kind: "unknown" });
  useEffect(() => {
    let left = false;
    const show = (next: ModelConnectionState): void => {
      if (!left) setState(next);
    };
    commands.modelConnection().then(
      (view) => show({ kind: "known", view }),
      (reason: unknown) =>
        show({ kind: PipitError.from(reason).code === "NOT_ALLOWED" ? "others" : "unknown" }),
    );
    return () => {
      left = true;
    };
  }, [commands, model, account, editing]);
  return state;
}

/** Name of the language model that answers; undefined: the built-in answers, or nothing is known yet. */
export function useModelName(): string | undefined {
  return useApp(({ server }) => (server.kind === "ready" ? (server.model ?? undefined) : undefined));
}
