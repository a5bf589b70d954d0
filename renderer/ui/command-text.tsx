import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useBridge } from "../bridge/use-bridge.ts";
import { IconButton } from "./icon-button.tsx";
import { HiddenStatus } from "./hidden-status.tsx";

/** A command to run elsewhere, with a button that copies it. */
export function CommandText({ command }: { readonly command: string }) {
  const { t } = useTranslation("shell");
  const { commands, views } = useBridge();
  const [copied, setCopied] = useState(false);
  const copy = async () => setCopied(await views.attempt(commands.copyText({ text: command })));
  const Icon = copied ? Check : Copy;
  return (
    <span className="flex w-fit max-w-full items-center gap-1 rounded-small bg-sunken py-0.5 pr-0.5 pl-2">
      <code className="min-w-0 truncate font-mono text-small text-ink select-all">{command}</code>
      <IconButton size="small" label={t("copy")} onClick={() => void copy()}>
        <Icon className="size-3.5" />
      </IconButton>
      <HiddenStatus>{copied ? t("copied") : ""}</HiddenStatus>
    </span>
  );
}
