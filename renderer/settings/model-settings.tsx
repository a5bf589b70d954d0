import { useTranslation } from "react-i18next";
import type { ModelConnection } from "#contract/model-connection.ts";
import { useAction } from "../bridge/use-action.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import { SettingsSection } from "./settings-section.tsx";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { useModelConnection, useModelName } from "../model/use-model-connection.ts";

/** Which model answers, who says so, and how to change it. */
export function ModelSettings() {
  const { t } = useTranslation("model");
  const state = useModelConnection();
  if (state.kind === "unknown") return;
  return (
    <SettingsSection title={t("label")}>
      {state.kind === "others" ? (
        <p className="py-2.5 text-soft">{t("others")}</p>
      ) : (
        <Connection view={state.view} />
      )}
    </SettingsSection>
  );
}

function Connection({ view }: { readonly view: ModelConnection }) {
  const { t } = useTranslation("model");
  const { commands, views } = useBridge();
  const { busy, error, run } = useAction();
  const found = useModelName();
  const model = view.model ?? found ?? t("builtIn");
  const hint =
    view.from === "configuration"
      ? t("setBy", { name: view.setBy ?? "PIPIT_MODEL_URL" })
      : view.from === "saved"
        ? t("saved")
        : t(found === undefined ? "none" : "automatic");
  return (
    <div className="flex flex-col gap-2 py-2.5">
      <p className="wrap-anywhere">{view.url === undefined ? model : t("at", { model, url: view.url })}</p>
      <p className="text-small text-soft">{hint}</p>
      {error === undefined ? undefined : <ErrorNote error={error} />}
      {view.from === "configuration" ? undefined : (
        <div className="flex flex-wrap gap-2">
          <Button onClick={() => views.open("model")}>
            {t(view.from === "saved" ? "change" : "connectModel")}
          </Button>
          {view.from === "saved" ? (
            <Button kind="danger" busy={busy} onClick={() => void run(commands.forgetModel)}>
              {t("remove")}
            </Button>
          ) : undefined}
        </div>
      )}
    </div>
  );
}
