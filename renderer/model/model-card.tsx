import { Cpu } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useBridge } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { CommandText } from "../ui/command-text.tsx";
import { Note } from "../ui/note.tsx";
import { useModelConnection, useModelName } from "./use-model-connection.ts";
import { useModelWatch } from "./use-model-watch.ts";

/**
 * What to do without a language model, for who may connect one and for who may not; once one answers, that it does.
 * `slim`: beside a conversation.
 */
export function ModelCard({ slim = false }: { readonly slim?: boolean }) {
  const { t } = useTranslation("model");
  const { views } = useBridge();
  const model = useModelName();
  const state = useModelConnection();
  const [closed, setClosed] = useState(false);
  useModelWatch(model === undefined);
  const open = () => views.open("model");
  const close = () => setClosed(true);
  if (closed || state.kind === "unknown") return;
  if (model !== undefined) {
    return (
      <Note title={t("foundTitle", { model })} onDismiss={close}>
        <p>{t("foundBody")}</p>
      </Note>
    );
  }
  if (state.kind === "others") return <Note title={t("othersNote")} onDismiss={close} />;
  const { ollama, from } = state.view;
  const isEmpty = from === "none" && ollama?.models.length === 0;
  const button = (
    <Button kind={slim || isEmpty ? "quiet" : "primary"} onClick={open}>
      {t("connectModel")}
    </Button>
  );
  if (isEmpty) {
    return (
      <Note title={t("ollamaEmpty")} actions={button}>
        <CommandText command="ollama pull llama3.2" />
      </Note>
    );
  }
  if (slim) return <Note title={t("chatNote")} actions={button} onDismiss={close} />;
  return (
    <section
      aria-labelledby="model-card"
      className="flex w-full flex-col items-start gap-3 rounded-card border border-hairline bg-raised p-4"
    >
      <div className="flex items-start gap-3">
        <Cpu aria-hidden="true" className="mt-0.5 size-5 shrink-0 text-accent" />
        <div className="flex flex-col gap-1">
          <h3 id="model-card" className="font-semibold">
            {t("cardTitle")}
          </h3>
          <p className="text-small text-soft">{t("cardBody")}</p>
        </div>
      </div>
      {button}
    </section>
  );
}
