import { useEffect, useEffectEvent } from "react";
import { connectionOf } from "../bridge/connection-of.ts";
import { useApp, useAuth, useBridge, useChat } from "../bridge/use-bridge.ts";

/** The name of a project of the account; undefined for one that is gone, or not known yet. */
export function useProjectName(projectId: string | undefined): string | undefined {
  return useApp((state) => state.projects?.find(({ id }) => id === projectId)?.name);
}

/** The server is away: nothing of a project can be changed. */
export function useIsAway(): boolean {
  const server = useApp((state) => state.server);
  const { kind } = connectionOf(
    server,
    useChat((state) => state.connection),
  );
  return kind === "offline" || kind === "unreachable";
}

/** Has the names of the projects read; again when the window is looked at again: another device may have changed them. */
export function useReadProjects(): void {
  const { commands } = useBridge();
  const away = useIsAway();
  const auth = useAuth();
  const accountId = auth.kind === "signed-in" ? auth.accountId : undefined;
  const read = useEffectEvent(() => {
    // Without them the list of chats is what it is; the status line tells of a server that is away.
    if (accountId !== undefined) commands.listProjects().catch(() => undefined);
  });
  useEffect(() => read(), [away, accountId]);
  useEffect(() => {
    const onVisible = (): void => {
      if (document.visibilityState === "visible") read();
    };
    document.addEventListener("visibilitychange", onVisible);
    return () => document.removeEventListener("visibilitychange", onVisible);
  }, []);
}
