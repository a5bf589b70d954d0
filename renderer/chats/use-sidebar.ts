import { useSyncExternalStore } from "react";
import { useApp, useAuth } from "../bridge/use-bridge.ts";

/** Below it, the list and the conversation would be in each other's way. */
const WIDE = "(min-width: 900px)";

/** Whether the window is wide enough for the list of chats beside the conversation, and whether it stands there. */
export function useSidebar(): { readonly fits: boolean; readonly shown: boolean } {
  const wide = useSyncExternalStore(listen, () => matchMedia(WIDE).matches);
  const wanted = useApp((state) => state.settings.sidebar);
  const signedIn = useAuth().kind === "signed-in";
  const fits = wide && signedIn;
  return { fits, shown: fits && wanted };
}

function listen(onChange: () => void): () => void {
  const query = matchMedia(WIDE);
  query.addEventListener("change", onChange);
  return () => query.removeEventListener("change", onChange);
}
