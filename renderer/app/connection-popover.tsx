import { useTranslation } from "react-i18next";
import type { ServerStatus } from "#contract/app-state.ts";
import { useErrorText } from "../i18n/use-error-text.ts";
import { ErrorDetail } from "../ui/error-detail.tsx";
import { Popover } from "../ui/popover.tsx";
import type { Connection } from "../bridge/connection-of.ts";

interface ConnectionPopoverProps {
  readonly server: ServerStatus;
  readonly connection: Connection;
  readonly queuedCount: number;
}

const dots: Readonly<Record<Connection["kind"], string>> = {
  online: "bg-accent",
  idle: "bg-control",
  starting: "bg-warning",
  keychain: "bg-warning",
  offline: "bg-warning",
  unreachable: "bg-danger",
};

/** The connection in a few words, and behind them the whole story. */
export function ConnectionPopover({ server, connection, queuedCount }: ConnectionPopoverProps) {
  const { t } = useTranslation("shell");
  const state = t(`status.${connection.kind}`);
  const queued = queuedCount > 0 ? t("status.queued", { count: queuedCount }) : undefined;
  return (
    <Popover
      label={t("status.title")}
      side="top"
      button={{
        title: t("status.details", { state }),
        className:
          "flex h-6 min-w-0 items-center gap-1.5 rounded-small px-2 transition-colors hover:bg-hover hover:text-ink",
        content: (
          <>
            <span aria-hidden="true" className={`size-1.5 shrink-0 rounded-full ${dots[connection.kind]}`} />
            <span className="shrink-0">{state}</span>
            {queued === undefined ? undefined : (
              <>
                <span aria-hidden="true" className="h-3 w-px shrink-0 bg-control-soft" />
                <span className="shrink-0 font-medium text-ink">{queued}</span>
              </>
            )}
          </>
        ),
      }}
    >
      {() => (
        <>
          <ServerStory server={server} connection={connection} />
          {server.kind === "ready" && server.setAside !== undefined ? (
            <p className="wrap-break-word text-warning">{t("status.setAside", { path: server.setAside })}</p>
          ) : undefined}
          {queuedCount > 0 ? <p>{t("status.queuedBody", { count: queuedCount })}</p> : undefined}
        </>
      )}
    </Popover>
  );
}

function ServerStory({ server, connection }: Omit<ConnectionPopoverProps, "queuedCount">) {
  const { t } = useTranslation("shell");
  const errorText = useErrorText();
  if (connection.kind === "unreachable") {
    const { what, cure, detail } = errorText(connection);
    return (
      <div className="flex flex-col gap-1">
        <p className="font-medium">{what}</p>
        <p className="text-soft">{cure}</p>
        <ErrorDetail detail={detail} />
      </div>
    );
  }
  const address = server.kind === "ready" ? server.httpUrl : "";
  return (
    <div className="flex flex-col gap-1">
      <p className="font-medium">{t(`status.${connection.kind}`)}</p>
      <p className="wrap-break-word text-soft">{t(`status.${connection.kind}Body`, { address })}</p>
    </div>
  );
}
