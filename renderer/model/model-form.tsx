import { useRef, useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import type { ModelConnection } from "#contract/model-connection.ts";
import { AddressField } from "../auth/address-field.tsx";
import { useAction } from "../bridge/use-action.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { TextField } from "../ui/text-field.tsx";
import { ModelFound } from "./model-found.tsx";
import { PresetChoice } from "./preset-choice.tsx";
import { localAddress, presetOf, presets, type Preset } from "./presets.ts";
import { useModelCheck } from "./use-model-check.ts";

interface ModelFormProps {
  readonly view: ModelConnection;
  readonly onDone: () => void;
}

/** Address and key of a model server, checked while they are typed; what it has is chosen from and saved. */
export function ModelForm({ view, onDone }: ModelFormProps) {
  const { t } = useTranslation("model");
  const { commands } = useBridge();
  const { busy, error, run } = useAction();
  const form = useModelForm(view);
  const { address, key, chosen, state } = form;
  const save = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (chosen === undefined) return;
    const given = form.readKey();
    const saved = { url: address, model: chosen, ...(given === undefined ? {} : { key: given }) };
    if (await run(() => commands.saveModel(saved))) onDone();
  };
  const wrong = state.kind === "failed" && state.error.field === "url";
  const keyHint = form.keyKept ? "keyKept" : form.hosted ? "keyNeeded" : "keyHint";
  return (
    <form noValidate className="flex flex-col gap-4" onSubmit={(event) => void save(event)}>
      <PresetChoice value={form.preset} onChange={form.choosePreset} />
      <AddressField
        label={t("address")}
        hint={t("addressHint")}
        error={wrong ? t("addressWrong") : undefined}
        placeholder={localAddress}
        autoComplete="off"
        value={form.url}
        onChange={(event) => form.setUrl(event.currentTarget.value)}
      />
      <TextField
        ref={key}
        label={t("key")}
        hint={t(keyHint)}
        type="password"
        autoComplete="off"
        maxLength={4096}
        onChange={form.checkAgain}
      />
      <ModelFound
        state={state}
        keyGiven={form.keyGiven}
        chosen={chosen}
        onChoose={form.setModel}
        onAgain={form.checkAgain}
      />
      {error === undefined ? undefined : <ErrorNote error={error} />}
      <Button type="submit" kind="primary" size="large" busy={busy} disabled={chosen === undefined}>
        {t("connect")}
      </Button>
    </form>
  );
}

/** What is typed and chosen, and what the address says to it. The key stays in its field and in no state. */
function useModelForm(view: ModelConnection) {
  const [url, setTyped] = useState(() => firstAddress(view));
  const [preset, setPreset] = useState<Preset["id"]>(() => presetOf(url, view.ollama));
  const [model, setModel] = useState(view.model);
  const [keyGiven, setKeyGiven] = useState(false);
  const [round, setRound] = useState(0);
  const key = useRef<HTMLInputElement>(null);
  const readKey = () => key.current?.value.trim() || undefined;
  const address = url.trim();
  const keyKept = view.hasKey && address === view.url;
  const hosted = presets.some(({ id, hosted: far }) => id === preset && far);
  // A hosted server without a key can only refuse.
  const ready = address !== "" && (!hosted || keyKept || keyGiven);
  const state = useModelCheck(ready ? address : undefined, readKey, round);
  const names = state.kind === "done" ? state.check.models : [];
  const chosen = model !== undefined && names.includes(model) ? model : names[0];
  const checkAgain = () => {
    setKeyGiven(readKey() !== undefined);
    setRound((count) => count + 1);
  };
  const setUrl = (typed: string) => {
    setTyped(typed);
    setPreset(presetOf(typed.trim(), view.ollama));
  };
  const choosePreset = (next: Preset) => {
    setTyped(next.id === "ollama" && view.ollama !== undefined ? view.ollama.url : next.url);
    setPreset(next.id);
    // A key belongs to the server it was written for.
    if (key.current !== null) key.current.value = "";
    setKeyGiven(false);
  };
  return {
    url,
    setUrl,
    address,
    preset,
    choosePreset,
    key,
    readKey,
    keyKept,
    hosted,
    keyGiven: keyGiven || keyKept,
    state,
    chosen,
    setModel,
    checkAgain,
  };
}

function firstAddress({ url, ollama }: ModelConnection): string {
  return url ?? ollama?.url ?? localAddress;
}
