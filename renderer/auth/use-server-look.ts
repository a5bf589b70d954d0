import { useEffect, useRef, useState } from "react";
import { PipitError } from "#contract/pipit-error.ts";
import type { ServerLook } from "#contract/sign-in.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import type { ActionError } from "../bridge/use-action.ts";

/** A person who types pauses longer than this at the end of an address, in milliseconds. */
const TYPING_MS = 350;

/** What is known of a server that one may sign in at. */
export type Looked =
  /** There is no address to look at. */
  | { readonly kind: "nothing" }
  | { readonly kind: "looking" }
  | { readonly kind: "found"; readonly look: ServerLook }
  | { readonly kind: "failed"; readonly error: ActionError };

/** Looks at the server of this address: at once at the first, at others when they have not changed for a moment. */
export function useServerLook(serverUrl: string | undefined) {
  const { commands } = useBridge();
  const [seen, setSeen] = useState<{ readonly of: string; readonly looked: Looked }>();
  const [attempt, setAttempt] = useState(0);
  const first = useRef(true);
  useEffect(() => {
    if (serverUrl === undefined) return undefined;
    let gone = false;
    const look = async () => {
      const looked = await lookedAt(() => commands.lookAtServer({ serverUrl }));
      if (!gone && looked !== undefined) setSeen({ of: serverUrl, looked });
    };
    const timer = setTimeout(() => void look(), first.current ? 0 : TYPING_MS);
    first.current = false;
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [commands, serverUrl, attempt]);
  const again = () => {
    setSeen(undefined);
    first.current = true;
    setAttempt(attempt + 1);
  };
  const looking: Looked = { kind: serverUrl === undefined ? "nothing" : "looking" };
  return { looked: seen !== undefined && seen.of === serverUrl ? seen.looked : looking, again };
}

/** Undefined when another look has taken its place. */
async function lookedAt(look: () => Promise<ServerLook>): Promise<Looked | undefined> {
  try {
    return { kind: "found", look: await look() };
  } catch (reason) {
    const { code, message, field } = PipitError.from(reason);
    return code === "CANCELLED" ? undefined : { kind: "failed", error: { code, message, field } };
  }
}
