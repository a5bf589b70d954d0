import { Check, Copy, Trash2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useBridge } from "../bridge/use-bridge.ts";
import { HiddenStatus } from "../ui/hidden-status.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { clockTime, fullTime } from "./message-time.ts";

export interface MessageActionsProps {
  /** Shown beside the actions; absent: not shown. */
  readonly atMs?: number;
  /** Also while the message is neither pointed at nor holds the focus. */
  readonly always?: boolean;
  readonly children: ReactNode;
  readonly className?: string;
}

const onDemand =
  "opacity-0 transition-opacity group-hover/message:opacity-100 group-focus-within/message:opacity-100 [@media(hover:none)]:opacity-100";

/**
 * What can be done with a message: there when it is pointed at or holds the focus (always where nothing can point), and
 * in the same place.
 */
export function MessageActions({ atMs, always = false, children, className = "" }: MessageActionsProps) {
  const { i18n } = useTranslation("chat");
  return (
    <div className={`flex h-6 items-center gap-1 ${always ? "" : onDemand} ${className}`}>
      {children}
      {atMs !== undefined && (
        <time
          dateTime={new Date(atMs).toISOString()}
          title={fullTime(atMs, i18n.language)}
          className="px-1 text-caption whitespace-nowrap text-faint"
        >
          {clockTime(atMs, i18n.language)}
        </time>
      )}
    </div>
  );
}

/** Says that it copied until it is left; `text` is made when it is asked for: an answer can be megabytes long. */
export function CopyButton({ text }: { readonly text: () => string }) {
  const { t } = useTranslation("shell");
  const { commands, views } = useBridge();
  const [copied, setCopied] = useState(false);
  const copy = async () => setCopied(await views.attempt(commands.copyText({ text: text() })));
  const forget = () => setCopied(false);
  return (
    <>
      <IconButton
        size="small"
        label={t("copy")}
        onClick={() => void copy()}
        onBlur={forget}
        onPointerLeave={forget}
      >
        {copied ? <Check className="size-4 text-accent" /> : <Copy className="size-4" />}
      </IconButton>
      <HiddenStatus>{copied ? t("copied") : ""}</HiddenStatus>
    </>
  );
}

export function DeleteButton({ messageId }: { readonly messageId: string }) {
  const { t } = useTranslation("chat");
  const { commands, views, ui } = useBridge();
  const remove = async () => {
    const deleted = commands.deleteMessage({ messageId }).then((canUndo) => {
      if (canUndo) ui.offerUndo();
    });
    // The button has gone with its message.
    if (await views.attempt(deleted)) ui.focusComposer();
  };
  return (
    <IconButton size="small" label={t("delete")} onClick={() => void remove()}>
      <Trash2 className="size-4" />
    </IconButton>
  );
}
