import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { importPrompts, PROMPT_TEXT_MAX_CHARS, PROMPTS_MAX, type Prompt } from "#contract/prompts.ts";
import { useAction } from "../bridge/use-action.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { AreaField } from "../ui/area-field.tsx";
import { useFaultText } from "./fault-text.ts";

/** No file of prompts is larger: a sign has up to three bytes. */
const FILE_MAX_MB = Math.ceil((3 * PROMPTS_MAX * PROMPT_TEXT_MAX_CHARS) / 1_000_000);

interface PromptImportProps {
  readonly prompts: readonly Prompt[];
  readonly save: (prompts: readonly Prompt[]) => Promise<void>;
  readonly onDone: () => void;
}

/** Takes prompts from a JSON text, all of them or none. */
export function PromptImport({ prompts, save, onDone }: PromptImportProps) {
  const { t } = useLazyTexts("prompts");
  const { t: shell } = useTranslation("shell");
  const file = useRef<HTMLInputElement>(null);
  const faultText = useFaultText();
  const { busy, error, run } = useAction();
  const [json, setJson] = useState("");
  const [wrong, setWrong] = useState<string>();
  const write = (text: string) => {
    setJson(text);
    setWrong(undefined);
  };
  const readFile = async (chosen: File | undefined) => {
    if (chosen === undefined) return;
    if (chosen.size > FILE_MAX_MB * 1_000_000) setWrong(t("fileTooLarge", { limit: FILE_MAX_MB }));
    else write(await chosen.text());
  };
  const submit = async () => {
    const read = importPrompts(json, prompts);
    if ("prompts" in read) {
      if (await run(() => save(read.prompts))) onDone();
      return;
    }
    const { index } = read.fault;
    const what = faultText(read.fault);
    setWrong(index === undefined ? what : t("at", { number: index + 1, what }));
  };
  return (
    <div className="flex min-h-0 flex-col gap-3 overflow-y-auto px-4 pb-4">
      <AreaField
        autoFocus
        label={t("importLabel")}
        hint={t("importHint")}
        error={wrong}
        spellCheck={false}
        value={json}
        onChange={({ target }) => write(target.value)}
      />
      {error === undefined ? undefined : <ErrorNote error={error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button className="mr-auto" onClick={() => file.current?.click()}>
          {t("file")}
        </Button>
        <input
          ref={file}
          type="file"
          accept=".json,application/json"
          hidden
          onChange={({ target }) => {
            void readFile(target.files?.[0]);
            // The same file can be chosen again.
            target.value = "";
          }}
        />
        <Button onClick={onDone}>{shell("cancel")}</Button>
        <Button kind="primary" busy={busy} disabled={json.trim() === ""} onClick={() => void submit()}>
          {t("import")}
        </Button>
      </div>
    </div>
  );
}
