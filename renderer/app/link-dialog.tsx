import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAction } from "../bridge/use-action.ts";
import { useBridge, useView } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorNote } from "../ui/error-note.tsx";

/** Shows where a link of an answer leads before it is followed; Enter at once follows nothing. */
export function LinkDialog() {
  const { t } = useTranslation("shell");
  const open = useView((state) => state.dialog === "link");
  const { closeDialog } = useBridge().views;
  return (
    <Dialog open={open} onClose={closeDialog} title={t("link.title")}>
      <Address />
    </Dialog>
  );
}

function Address() {
  const { t } = useTranslation("shell");
  const { commands, views } = useBridge();
  const link = useView((state) => state.link);
  const [copied, setCopied] = useState(false);
  const { busy, error, run } = useAction();
  const { protocol, host, pathname } = new URL(link);
  const isMail = protocol === "mailto:";
  const open = async () => {
    if (await run(() => commands.openExternal({ url: link, asked: true }))) views.closeDialog();
  };
  const copy = async () => setCopied(await run(() => commands.copyText({ text: link })));
  return (
    <div className="flex min-h-0 flex-col gap-3 px-4 pb-4">
      <p className="text-soft">
        {isMail ? t("link.bodyMail", { host: pathname }) : t("link.body", { host })}
      </p>
      <p
        dir="ltr"
        role="region"
        aria-label={t("link.address")}
        tabIndex={0}
        className="max-h-40 min-h-12 overflow-y-auto rounded-control border border-hairline bg-ground px-3 py-2 font-mono text-small break-all select-text"
      >
        {link}
      </p>
      {error === undefined ? undefined : <ErrorNote error={error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button data-initial-focus="" onClick={views.closeDialog}>
          {t("cancel")}
        </Button>
        <Button onClick={() => void copy()}>{copied ? t("copied") : t("copy")}</Button>
        <Button busy={busy} onClick={() => void open()}>
          {t("link.open")}
        </Button>
      </div>
    </div>
  );
}
