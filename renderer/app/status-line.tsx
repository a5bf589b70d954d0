import { CircleUser } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useAccountName } from "../auth/use-account-name.ts";
import { useApp, useAuth, useBridge, useChat } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { HiddenStatus } from "../ui/hidden-status.tsx";
import { connectionOf } from "./connection-of.ts";
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
  const stuck = connection.kind === "offline" || connection.kind === "unreachable";
  return (
    <footer
      aria-label={t("status.label")}
      className="gutter shrink-0 border-t border-hairline text-small text-soft"
    >
      <div className="mx-auto flex h-8 w-full max-w-page items-center justify-between gap-2 px-2">
        <Account />
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

function Account() {
  const { t } = useTranslation("shell");
  const auth = useAuth();
  const { views } = useBridge();
  const signedIn = auth.kind === "signed-in";
  const name = useAccountName(auth);
  return (
    <button
      type="button"
      aria-haspopup="dialog"
      title={signedIn ? `${t("status.account")}: ${name}` : t("status.signIn")}
      onClick={() => views.open("sign-in")}
      className={`flex h-6 min-w-0 items-center gap-1 rounded-small px-2 transition-colors hover:bg-hover hover:text-ink ${signedIn ? "" : "font-medium text-accent"}`}
    >
      <CircleUser aria-hidden="true" className="size-3.5 shrink-0" />
      <span className="truncate">{name}</span>
    </button>
  );
}
