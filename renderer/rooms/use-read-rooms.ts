import { useEffect, useEffectEvent } from "react";
import { useApp, useAuth, useBridge } from "../bridge/use-bridge.ts";
import { useIsAway } from "../projects/use-projects.ts";

/** Has the rooms read; again when the server tells that they are others, when the window is looked at again, and when the server is back. */
export function useReadRooms(): void {
  const { commands } = useBridge();
  const away = useIsAway();
  const auth = useAuth();
  const news = useApp((state) => state.changed?.rooms);
  const accountId = auth.kind === "signed-in" ? auth.accountId : undefined;
  const read = useEffectEvent(() => {
    // Without them the list of chats is what it is; the status line tells of a server that is away.
    if (accountId !== undefined) commands.listRooms().catch(() => undefined);
  });
  useEffect(() => read(), [away, accountId, news]);
  useEffect(() => {
    const onLook = (): void => {
      if (document.visibilityState === "visible") read();
    };
    document.addEventListener("visibilitychange", onLook);
    addEventListener("focus", onLook);
    return () => {
      document.removeEventListener("visibilitychange", onLook);
      removeEventListener("focus", onLook);
    };
  }, []);
}
