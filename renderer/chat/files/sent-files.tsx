import { FileText } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { SentFile } from "#contract/attached-file.ts";
import { useBridge } from "#renderer/bridge/use-bridge.ts";
import { useFileFacts } from "./file-facts.ts";

export interface SentFilesProps {
  readonly messageId: string;
  readonly files: readonly SentFile[];
}

/** The files of a question; one shows what Pipit has read of it. */
export function SentFiles({ messageId, files }: SentFilesProps) {
  const { t } = useTranslation("chat");
  const { commands, views } = useBridge();
  const facts = useFileFacts();
  const [shown, setShown] = useState<{
    readonly index: number;
    readonly name: string;
    readonly text: string;
  }>();
  const show = async (index: number, name: string): Promise<void> => {
    if (shown?.index === index) return setShown(undefined);
    await views.attempt(
      commands
        .messageFiles({ messageId })
        .then((read) => setShown({ index, name, text: read?.[index]?.text ?? "" })),
    );
  };
  return (
    <>
      <ul aria-label={t("files")} className="flex max-w-4/5 flex-wrap justify-end gap-2">
        {files.map((file, index) => (
          <li key={`${index} ${file.name}`} className="max-w-full min-w-0">
            <button
              type="button"
              aria-expanded={shown?.index === index}
              onClick={() => void show(index, file.name)}
              className="flex max-w-full min-w-0 items-center gap-2 rounded-control border border-hairline px-2 py-1 text-start text-small transition-colors hover:bg-hover"
            >
              <FileText aria-hidden="true" className="size-4 shrink-0 text-soft" />
              <span className="flex min-w-0 flex-col">
                <span dir="auto" className="truncate">
                  {file.name}
                </span>
                <span className="text-soft">{facts(file)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {shown !== undefined && (
        <pre
          // Its text is scrolled with the keyboard too.
          tabIndex={0}
          dir="auto"
          role="region"
          aria-label={t("fileText", { name: shown.name })}
          className="max-h-60 w-full max-w-4/5 overflow-auto rounded-control border border-hairline p-2 text-small wrap-anywhere whitespace-pre-wrap"
        >
          {shown.text}
        </pre>
      )}
    </>
  );
}
