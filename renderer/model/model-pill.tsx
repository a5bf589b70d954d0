import { ChevronDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useApp, useBridge } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { lazily } from "../ui/lazily.tsx";
import { Popover } from "../ui/popover.tsx";

const ModelChoice = lazily(async () => (await import("./model-choice.tsx")).ModelChoice);

/** Which model answers, where the question is written, and behind it the choice of another; nothing while it is not known. */
export function ModelPill() {
  const { t } = useTranslation("shell");
  const { views } = useBridge();
  const model = useApp(({ server }) => (server.kind === "ready" ? server.model : undefined));
  if (model === undefined) return;
  const name = model ?? t("status.builtIn");
  return (
    <Popover
      label={t("status.model")}
      side="top"
      button={{
        title: name,
        label: `${t("status.model")}: ${name}`,
        className:
          "inline-flex h-7 min-w-0 items-center gap-1 rounded-full border border-control-soft px-2.5 text-small text-soft transition-colors hover:bg-hover hover:text-ink active:bg-press",
        content: (
          <>
            <span className="max-w-40 truncate">{name}</span>
            <ChevronDown aria-hidden="true" className="size-3.5 shrink-0" />
          </>
        ),
      }}
    >
      {(close) => (
        <>
          <ModelChoice shown={model ?? undefined} hint={t("status.modelHint")} />
          {model === null ? (
            <Button
              className="self-start"
              onClick={() => {
                close();
                views.open("model");
              }}
            >
              {t("status.connectModel")}
            </Button>
          ) : undefined}
        </>
      )}
    </Popover>
  );
}
