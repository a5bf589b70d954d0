import { useState } from "react";
import { useTranslation } from "react-i18next";
import { promptFault, type Prompt } from "#contract/prompts.ts";
import { useAction } from "../bridge/use-action.ts";
import { useApp } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { formatAccelerator } from "../settings/accelerator.ts";
import { HotkeyRecorder } from "../settings/hotkey-recorder.tsx";
import { useKeyStyle } from "../settings/use-key-style.ts";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { Kbd } from "../ui/kbd.tsx";
import { TextField } from "../ui/text-field.tsx";
import { AreaField } from "../ui/area-field.tsx";
import { useFaultText } from "./fault-text.ts";

interface PromptFormProps {
  readonly prompts: readonly Prompt[];
  /** One of these; undefined: a new one. */
  readonly before: Prompt | undefined;
  readonly save: (prompts: readonly Prompt[]) => Promise<void>;
  readonly onDone: () => void;
}

/** One prompt, new or not. */
export function PromptForm({ prompts, before, save, onDone }: PromptFormProps) {
  const { t } = useLazyTexts("prompts");
  const { t: shell } = useTranslation("shell");
  const desktop = useApp((state) => state.face === "desktop");
  const { busy, error, run } = useAction();
  const faultText = useFaultText();
  const [prompt, setPrompt] = useState<Prompt>(before ?? { name: "", text: "" });
  const [tried, setTried] = useState(false);
  const others = prompts.filter((one) => one !== before);
  // Last, so that of two of the same name this one is at fault.
  const fault = tried ? promptFault([...others, prompt]) : undefined;
  const said = (...reasons: readonly string[]) =>
    fault !== undefined && reasons.includes(fault.reason) ? faultText(fault) : undefined;
  const keep = async (next: readonly Prompt[]) => {
    if (await run(() => save(next))) onDone();
  };
  const submit = () => {
    setTried(true);
    const at = before === undefined ? prompts.length : prompts.indexOf(before);
    if (promptFault([...others, prompt]) === undefined) void keep(prompts.toSpliced(at, 1, prompt));
  };
  return (
    <form
      className="flex min-h-0 flex-col gap-3 overflow-y-auto px-4 pb-4"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <TextField
        data-initial-focus=""
        autoFocus
        label={t("name")}
        hint={t("nameHint")}
        error={said("name", "nameTwice", "many")}
        value={prompt.name}
        spellCheck={false}
        onChange={({ target }) => setPrompt({ ...prompt, name: target.value })}
      />
      <AreaField
        label={t("text")}
        hint={t(desktop ? "textHintSelection" : "textHint")}
        error={said("text")}
        value={prompt.text}
        onChange={({ target }) => setPrompt({ ...prompt, text: target.value })}
      />
      {desktop ? (
        <PromptHotkey prompt={prompt} error={said("hotkey", "hotkeyTwice")} onChange={setPrompt} />
      ) : undefined}
      {error === undefined ? undefined : <ErrorNote error={error} />}
      <div className="flex flex-wrap justify-end gap-2">
        {before === undefined ? undefined : (
          <Button kind="danger" className="mr-auto" onClick={() => void keep(others)}>
            {t("delete")}
          </Button>
        )}
        <Button onClick={onDone}>{shell("cancel")}</Button>
        <Button kind="primary" type="submit" busy={busy}>
          {t("save")}
        </Button>
      </div>
    </form>
  );
}

interface PromptHotkeyProps {
  readonly prompt: Prompt;
  readonly error: string | undefined;
  readonly onChange: (prompt: Prompt) => void;
}

function PromptHotkey({ prompt, error, onChange }: PromptHotkeyProps) {
  const { t } = useLazyTexts("prompts");
  const style = useKeyStyle();
  const [recording, setRecording] = useState(false);
  const { hotkey, ...rest } = prompt;
  const record = (accelerator: string) => {
    setRecording(false);
    onChange({ ...rest, hotkey: accelerator });
  };
  return (
    <div role="group" aria-label={t("hotkey")} className="flex flex-col gap-2">
      <p className="text-small font-medium text-soft">{t("hotkey")}</p>
      {recording ? (
        <HotkeyRecorder onRecord={record} onCancel={() => setRecording(false)} />
      ) : (
        <div className="flex flex-wrap items-center justify-between gap-2">
          {hotkey === undefined ? (
            <span className="text-soft">{t("none")}</span>
          ) : (
            <Kbd keys={formatAccelerator(hotkey, style)} />
          )}
          <span className="flex gap-2">
            {hotkey === undefined ? undefined : (
              <Button onClick={() => onChange(rest)}>{t("removeHotkey")}</Button>
            )}
            <Button onClick={() => setRecording(true)}>{t("choose")}</Button>
          </span>
        </div>
      )}
      {error === undefined ? undefined : (
        <p role="alert" className="text-small text-danger">
          {error}
        </p>
      )}
    </div>
  );
}
