import { useTranslation } from "react-i18next";
import { useApp, useBridge, useChat } from "../bridge/use-bridge.ts";
import { AccountButton } from "../auth/account-button.tsx";
import { Button } from "../ui/button.tsx";
import { useSidebar } from "../chats/use-sidebar.ts";
import { HiddenStatus } from "../ui/hidden-status.tsx";
import { connectionOf } from "../bridge/connection-of.ts";
import { ConnectionPopover } from "./connection-popover.tsx";

/** Who is signed in, how the server stands, which model answers, what waits: one calm line. */
export function StatusLine() {
  const { t } = useTranslation("shell");
  const { commands, views } = useBridge();
  const server = useApp((state) => state.server);
  const last = useChat((state) => state.connection);
  const place = useApp((state) => state.tokenPlace);
  const connection = connectionOf(server, last, place);
  const queuedCount = useChat((state) => state.queuedCount);
  const { shown: sidebarShown } = useSidebar();
  const stuck = connection.kind === "offline" || connection.kind === "unreachable";
  return (
    <footer
      aria-label={t("status.label")}
      className="gutter shrink-0 border-t border-hairline text-small text-soft"
    >
      <div className="mx-auto flex h-8 w-full max-w-page items-center justify-between gap-2 px-2">
        {sidebarShown ? <span /> : <AccountButton />}
        <div className="flex min-w-0 items-center gap-2">
          {stuck ? (
            <Button kind="link" size="small" onClick={() => void views.attempt(commands.reconnect())}>
              {t("tryAgain")}
            </Button>
          ) : undefined}
          <ConnectionPopover server={server} connection={connection} queuedCount={queuedCount} />
        </div>
      </div>
      <HiddenStatus>{t(`status.${connection.kind}`)}</HiddenStatus>
    </footer>
  );
}
