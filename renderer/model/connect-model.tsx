import { useTranslation } from "react-i18next";
import { Note } from "../ui/note.tsx";
import { ModelForm } from "./model-form.tsx";
import { useModelConnection } from "./use-model-connection.ts";

/** The form for who may connect a model here and now, and the reason for who may not. */
export function ConnectModel({ onDone }: { readonly onDone: () => void }) {
  const { t } = useTranslation("model");
  const state = useModelConnection();
  if (state.kind === "unknown") return <div className="h-64" />;
  if (state.kind === "others") return <Note title={t("others")} />;
  const { view } = state;
  if (view.from === "configuration") {
    return <Note title={t("setBy", { name: view.setBy ?? "PIPIT_MODEL_URL" })}>{view.url}</Note>;
  }
  return <ModelForm view={view} onDone={onDone} />;
}
