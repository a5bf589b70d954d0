import { useState } from "react";
import { useTranslation } from "react-i18next";

/** What the model thought: one quiet line, which opens. Closed, a long thought costs nothing while it grows. */
export function Reasoning({ text }: { readonly text: string }) {
  const { t } = useTranslation("chat");
  const [open, setOpen] = useState(false);
  return (
    <details
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="my-1 text-small text-soft"
    >
      <summary className="w-fit cursor-default select-none rounded-control hover:text-ink">
        {t("reasoning")}
      </summary>
      {open && (
        <p className="mt-1 border-s-2 border-hairline ps-3 break-words whitespace-pre-wrap">
          <bdi>{text}</bdi>
        </p>
      )}
    </details>
  );
}
