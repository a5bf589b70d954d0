import { useId, useRef, useState, type DragEvent } from "react";
import { useAction } from "../bridge/use-action.ts";
import { useApp, useBridge } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { Button, fileLinkClasses } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { Switch } from "../ui/switch.tsx";
import { ImportState } from "./import-state.tsx";
import { SettingRow } from "./setting-row.tsx";
import { SettingsSection } from "./settings-section.tsx";

const formats = [
  ["json", "asJson"],
  ["markdown", "asMarkdown"],
] as const;

/** All chats from a file and to one. */
export function ChatFilesSection() {
  const { t } = useLazyTexts("chatFiles");
  return (
    <SettingsSection title={t("title")}>
      <Import />
      <Export />
    </SettingsSection>
  );
}

function Import() {
  const { t } = useLazyTexts("chatFiles");
  const { commands } = useBridge();
  const isPage = useApp((state) => state.face === "web");
  const state = useApp(({ chatImport }) => chatImport);
  const [again, setAgain] = useState(false);
  const { error, run } = useAction();
  const hintId = useId();
  const input = useRef<HTMLInputElement>(null);
  const running = state?.kind === "running";
  const start = (file?: File): void =>
    void run(() => commands.importChats(file === undefined ? { again } : { again, file }));
  const takeDropped = (event: DragEvent): void => {
    const [file] = event.dataTransfer.files;
    if (!isPage || running || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    if (event.type === "drop" && file !== undefined) start(file);
  };
  return (
    <div onDragOver={takeDropped} onDrop={takeDropped} className="flex flex-col divide-y divide-hairline">
      <div className="flex items-center justify-between gap-4 py-2.5">
        <div className="flex min-w-0 flex-col">
          <p>{t("import")}</p>
          <p id={hintId} className="text-small text-soft">
            {t("importHint")} {isPage ? t("dropHint") : undefined}
          </p>
        </div>
        <Button
          aria-describedby={hintId}
          disabled={running}
          onClick={() => (isPage ? input.current?.click() : start())}
        >
          {t("choose")}
        </Button>
        {isPage ? (
          <input
            ref={input}
            type="file"
            accept=".json,.zip,application/json,application/zip"
            aria-label={t("import")}
            className="hidden"
            onChange={({ currentTarget }) => {
              const [file] = currentTarget.files ?? [];
              // The same file can be chosen again.
              currentTarget.value = "";
              if (file !== undefined) start(file);
            }}
          />
        ) : undefined}
      </div>
      <SettingRow label={t("again")} hint={t("againHint")}>
        {(control) => <Switch {...control} checked={again} disabled={running} onChange={setAgain} />}
      </SettingRow>
      {error === undefined ? undefined : <ErrorNote error={error} />}
      {state === undefined ? undefined : <ImportState state={state} />}
    </div>
  );
}

function Export() {
  const { t } = useLazyTexts("chatFiles");
  const { commands } = useBridge();
  const isPage = useApp((state) => state.face === "web");
  const [path, setPath] = useState<string>();
  const { busy, error, run } = useAction();
  const save = (format: (typeof formats)[number][0]): void =>
    void run(async () => setPath(await commands.exportChats({ format })));
  return (
    <div className="flex flex-col gap-2 py-2.5">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="flex min-w-0 flex-col">
          <p>{t("export")}</p>
          <p className="text-small text-soft">{t("exportHint")}</p>
        </div>
        <div className="flex gap-2">
          {formats.map(([format, name]) =>
            isPage ? (
              <a
                key={format}
                href={`/v1/chats/export?format=${format}`}
                download
                aria-label={t(name)}
                className={fileLinkClasses}
              >
                {t(format)}
              </a>
            ) : (
              <Button key={format} aria-label={t(name)} disabled={busy} onClick={() => save(format)}>
                {t(format)}
              </Button>
            ),
          )}
        </div>
      </div>
      {error === undefined ? undefined : <ErrorNote error={error} />}
      <p role="status" className="text-small wrap-anywhere text-soft empty:hidden">
        {path === undefined ? undefined : t("exported", { path })}
      </p>
    </div>
  );
}
