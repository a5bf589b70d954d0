import { useState } from "react";
import { exportPrompts, type KeptPrompts, type Prompt } from "#contract/prompts.ts";
import { useBridge, useView } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { formatAccelerator } from "../settings/accelerator.ts";
import { useKeyStyle } from "../settings/use-key-style.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Kbd } from "../ui/kbd.tsx";
import { beginningOf, typedName } from "./match-prompts.ts";
import { PromptForm } from "./prompt-form.tsx";
import { PromptImport } from "./prompt-import.tsx";
import { useGivePrompt, useKeptPrompts } from "./use-prompts.ts";

/** The person's own prompts: to put one into the composer, and to keep them. */
export function PromptsDialog() {
  const { t } = useLazyTexts("prompts");
  const open = useView((state) => state.dialog === "prompts");
  const { closeDialog } = useBridge().views;
  return (
    <Dialog open={open} onClose={closeDialog} title={t("title")}>
      <Prompts />
    </Dialog>
  );
}

type Step = "list" | "import" | { readonly before: Prompt | undefined };

function Prompts() {
  const { kept, save } = useKeptPrompts();
  const [step, setStep] = useState<Step>("list");
  if (kept === undefined) return undefined;
  const { prompts } = kept;
  const onDone = () => setStep("list");
  if (step === "list") return <PromptList kept={kept} onStep={setStep} />;
  if (step === "import") return <PromptImport prompts={prompts} save={save} onDone={onDone} />;
  return <PromptForm prompts={prompts} before={step.before} save={save} onDone={onDone} />;
}

interface PromptListProps {
  readonly kept: KeptPrompts;
  readonly onStep: (step: Step) => void;
}

function PromptList({ kept: { prompts, refused }, onStep }: PromptListProps) {
  const { t } = useLazyTexts("prompts");
  const { commands, views } = useBridge();
  const [copied, setCopied] = useState(false);
  const sorted = prompts.toSorted((one, other) => one.name.localeCompare(other.name));
  const copy = async () => setCopied(await views.attempt(commands.copyText({ text: exportPrompts(sorted) })));
  return (
    <div className="flex min-h-0 flex-col gap-3 px-4 pb-4">
      {sorted.length === 0 ? (
        <div>
          <p className="font-medium">{t("empty")}</p>
          <p className="text-small text-soft">{t("emptyHint")}</p>
        </div>
      ) : (
        <ul className="-mx-2 flex min-h-0 flex-col overflow-y-auto">
          {sorted.map((prompt) => (
            <PromptRow
              key={prompt.name}
              prompt={prompt}
              isRefused={prompt.hotkey !== undefined && refused.includes(prompt.hotkey)}
              onEdit={() => onStep({ before: prompt })}
            />
          ))}
        </ul>
      )}
      <p className="text-small text-soft">{t("local")}</p>
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" onClick={() => onStep({ before: undefined })}>
          {t("add")}
        </Button>
        <Button onClick={() => onStep("import")}>{t("import")}</Button>
        {sorted.length === 0 ? undefined : (
          <Button onClick={() => void copy()}>{t(copied ? "copied" : "export")}</Button>
        )}
      </div>
    </div>
  );
}

interface PromptRowProps {
  readonly prompt: Prompt;
  readonly isRefused: boolean;
  readonly onEdit: () => void;
}

function PromptRow({ prompt: { name, text, hotkey }, isRefused, onEdit }: PromptRowProps) {
  const { t } = useLazyTexts("prompts");
  const { closeDialog } = useBridge().views;
  const style = useKeyStyle();
  const give = useGivePrompt();
  const use = async () => {
    closeDialog();
    await give(name);
  };
  return (
    <li className="flex flex-col">
      <div className="flex items-center gap-2">
        <button
          type="button"
          onClick={() => void use()}
          className="flex min-w-0 flex-1 flex-col rounded-control px-2 py-1.5 text-start hover:bg-hover active:bg-press"
        >
          <span className="font-medium">{typedName(name)}</span>
          <span className="w-full truncate text-small text-soft">{beginningOf(text)}</span>
        </button>
        {hotkey === undefined ? undefined : <Kbd keys={formatAccelerator(hotkey, style)} />}
        <Button size="small" aria-label={t("edit", { name })} onClick={onEdit}>
          {t("change")}
        </Button>
      </div>
      {isRefused ? <p className="px-2 text-small text-danger">{t("refused")}</p> : undefined}
    </li>
  );
}
