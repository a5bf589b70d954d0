import { useTranslation } from "react-i18next";
import { ScreenSettingsButton } from "./screen-settings-button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { useBridge, useView } from "../bridge/use-bridge.ts";

/** What went wrong outside any field, until it is dismissed or followed by another problem. */
export function ProblemStrip() {
  const { t } = useTranslation("shell");
  const problem = useView((state) => state.problem);
  const { views } = useBridge();
  if (problem === undefined) return;
  return (
    <section aria-label={t("problem.label")} className="mx-auto w-full max-w-page px-4 py-2">
      <ErrorNote
        error={problem}
        actions={<ScreenSettingsButton code={problem.code} />}
        onDismiss={views.dismissProblem}
      />
    </section>
  );
}
