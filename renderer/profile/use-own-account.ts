import { useEffect, useState } from "react";
import { PipitError } from "#contract/pipit-error.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import type { Own } from "./own.ts";

type Loaded =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  | ({ readonly kind: "ready" } & Omit<Own, "reload">);

/** The user's own account, read when it is first shown and after each change. What is shown stays until the next is there. */
export function useOwnAccount(): { readonly loaded: Loaded; readonly reload: () => void } {
  const { openAccount } = useBridge();
  const [loaded, setLoaded] = useState<Loaded>({ kind: "loading" });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const leave = new AbortController();
    const read = async (): Promise<void> => {
      const client = await openAccount?.();
      if (client === undefined) return;
      const account = await client.read(leave.signal);
      if (!leave.signal.aborted) setLoaded({ kind: "ready", client, account });
    };
    void read().catch((reason: unknown) => {
      const { code, message } = PipitError.from(reason);
      if (!leave.signal.aborted) setLoaded({ kind: "failed", code, message });
    });
    return () => leave.abort();
  }, [openAccount, round]);
  return { loaded, reload: () => setRound((before) => before + 1) };
}
