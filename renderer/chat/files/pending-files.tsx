import { FileText, FileX, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { withoutText } from "#contract/attached-file.ts";
import { useChatUiState } from "#renderer/bridge/use-bridge.ts";
import { useErrorText } from "#renderer/i18n/use-error-text.ts";
import { IconButton } from "#renderer/ui/icon-button.tsx";
import { Spinner } from "#renderer/ui/spinner.tsx";
import { useFileFacts } from "./file-facts.ts";
import { readyFile, type PendingFile } from "./pending-file.ts";

/** The files that would be sent, each with what became of it and a way to take it out again. */
export function PendingFiles({ onRemove }: { readonly onRemove: (id: string) => void }) {
  const { t } = useTranslation("chat");
  const files = useChatUiState((state) => state.files);
  if (files.length === 0) return undefined;
  return (
    <ul aria-label={t("files")} className="flex max-h-40 flex-wrap gap-2 overflow-y-auto p-2 pb-0">
      {files.map((file) => (
        <PendingChip key={file.id} file={file} onRemove={onRemove} />
      ))}
    </ul>
  );
}

interface PendingChipProps {
  readonly file: PendingFile;
  readonly onRemove: (id: string) => void;
}

function PendingChip({ file, onRemove }: PendingChipProps) {
  const { t } = useTranslation("chat");
  const facts = useFileFacts();
  const errorText = useErrorText();
  const ready = readyFile(file);
  const failed =
    ready === undefined && file.read !== undefined && !("text" in file.read) ? file.read : undefined;
  const told = failed && errorText(failed);
  const Icon = failed === undefined ? FileText : FileX;
  return (
    <li className="flex max-w-full min-w-0 items-center gap-2 rounded-control border border-hairline bg-sunken py-1 ps-2 pe-1 text-small">
      {file.read === undefined ? (
        <Spinner />
      ) : (
        <Icon aria-hidden="true" className={`size-4 shrink-0 ${failed ? "text-danger" : "text-soft"}`} />
      )}
      <div className="flex min-w-0 flex-col">
        <span dir="auto" title={file.name} className="truncate">
          {file.name}
        </span>
        <span role="status" className={failed ? "text-danger" : "text-soft"}>
          {told !== undefined && `${told.what} ${told.cure}`}
          {ready !== undefined && facts(withoutText(ready))}
          {file.read === undefined && t("fileReading")}
        </span>
      </div>
      <IconButton size="small" label={t("removeFile", { name: file.name })} onClick={() => onRemove(file.id)}>
        <X className="size-4" />
      </IconButton>
    </li>
  );
}
