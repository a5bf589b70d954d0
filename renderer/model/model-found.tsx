import { CircleCheck } from "lucide-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { Note } from "../ui/note.tsx";
import { Select } from "../ui/select.tsx";
import { Spinner } from "../ui/spinner.tsx";
import type { CheckState } from "./use-model-check.ts";

interface ModelFoundProps {
  readonly state: CheckState;
  /** A key goes with the question, so a refusal is about that key. */
  readonly keyGiven: boolean;
  readonly chosen: string | undefined;
  readonly onChoose: (model: string) => void;
  readonly onAgain: () => void;
}

/** What the check found: models to choose from, or what is wrong and the cure. */
export function ModelFound(props: ModelFoundProps) {
  const { t } = useTranslation("model");
  const { state } = props;
  if (state.kind === "idle") return;
  if (state.kind === "checking") {
    return (
      <p role="status" className="flex items-center gap-2 text-small text-soft">
        <Spinner />
        {t("checking")}
      </p>
    );
  }
  if (state.kind === "failed") {
    const { code, field } = state.error;
    return field === "url" || code === "CANCELLED" ? undefined : <ErrorNote error={state.error} />;
  }
  const { models, problem } = state.check;
  if (problem === undefined) return <Models {...props} models={models} />;
  const text = problem === "key" && !props.keyGiven ? "keyMissing" : problem;
  const again = (
    <Button size="small" onClick={props.onAgain}>
      {t("again")}
    </Button>
  );
  return <Note tone="danger" title={t(`problem.${text}`)} actions={again} />;
}

function Models({ chosen, models, onChoose }: ModelFoundProps & { readonly models: readonly string[] }) {
  const { t } = useTranslation("model");
  const id = useId();
  const options = models.toSorted().map((name) => ({ value: name, label: name }));
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-small font-medium text-soft">
        {t("choose")}
      </label>
      <div className="flex">
        <Select
          id={id}
          value={chosen ?? ""}
          options={options}
          describedBy={`${id}-found`}
          onChange={onChoose}
        />
      </div>
      <p id={`${id}-found`} role="status" className="flex items-center gap-1 text-small text-soft">
        <CircleCheck aria-hidden="true" className="size-4 shrink-0 text-accent" />
        {t("models", { count: models.length })}
      </p>
    </div>
  );
}
