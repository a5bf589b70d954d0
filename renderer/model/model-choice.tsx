import { useEffect, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAction } from "../bridge/use-action.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import { ErrorNote } from "../ui/error-note.tsx";
import { Select } from "../ui/select.tsx";

interface ModelChoiceProps {
  /** Name of the model that answers; absent: the built-in answers only. */
  readonly shown: string | undefined;
  /** What stands there without a model. */
  readonly hint: string;
}

/** The model that answers; where the server has several, a list to choose from. */
export function ModelChoice({ shown, hint }: ModelChoiceProps) {
  const { t } = useTranslation("shell");
  const { commands } = useBridge();
  const { busy, error, run } = useAction();
  const [names, setNames] = useState<readonly string[]>([]);
  const id = useId();
  useEffect(() => {
    let left = false;
    // Without a list the name alone stays there.
    const show = (listed: readonly string[] = []): void => {
      if (!left) setNames(listed);
    };
    commands.listModels().then(show, () => show());
    return () => {
      left = true;
    };
  }, [commands]);
  const [first] = names;
  if (first === undefined || names.length === 1) {
    return (
      <>
        <p className="font-medium">{t("status.model")}</p>
        <p className="wrap-break-word text-soft">{shown ?? hint}</p>
      </>
    );
  }
  const choose = (model: string): void => {
    const before = names;
    setNames([model, ...names.filter((name) => name !== model)]);
    void run(() => commands.chooseModel({ model })).then((worked) => {
      if (!worked) setNames(before);
    });
  };
  const options = names.toSorted().map((name) => ({ value: name, label: name }));
  return (
    <>
      <label htmlFor={id} className="font-medium">
        {t("status.model")}
      </label>
      <Select id={id} value={first} options={options} describedBy={`${id}-hint`} onChange={choose} />
      <p id={`${id}-hint`} className="text-soft" aria-busy={busy}>
        {t("status.modelChoice")}
      </p>
      {error === undefined ? undefined : <ErrorNote error={error} />}
    </>
  );
}
