import { Replace } from "lucide-react";
import { useState } from "react";
import { useBridge } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { formatAccelerator } from "../settings/accelerator.ts";
import { useKeyStyle } from "../settings/use-key-style.ts";
import { IconButton } from "../ui/icon-button.tsx";

/** Puts a complete answer in place of the text that was selected, in the program where that was. */
export function ReplaceButton({ messageId }: { readonly messageId: string }) {
  const { t } = useLazyTexts("otherPrograms");
  const { commands, views, ui } = useBridge();
  const keys = formatAccelerator("CommandOrControl+V", useKeyStyle()).join("+");
  const [copied, setCopied] = useState(false);
  const replace = async () => {
    const replaced = commands.replaceSelection({ messageId }).then(({ pasted }) => {
      if (pasted) ui.replaced();
      else setCopied(true);
    });
    await views.attempt(replaced);
  };
  return (
    <>
      <IconButton size="small" label={t("replace")} onClick={() => void replace()}>
        <Replace className="size-4" />
      </IconButton>
      <span role="status" className="text-caption text-soft">
        {copied ? t("copied", { keys }) : ""}
      </span>
    </>
  );
}
