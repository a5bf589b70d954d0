import { useTranslation } from "react-i18next";
import { useBridge, useView } from "../bridge/use-bridge.ts";
import { Dialog } from "../ui/dialog.tsx";
import { lazily } from "../ui/lazily.tsx";

const ConnectModel = lazily(async () => (await import("./connect-model.tsx")).ConnectModel);

/** Connecting a model, over whatever is shown. */
export function ModelDialog() {
  const { t } = useTranslation("model");
  const { views } = useBridge();
  const open = useView(({ dialog }) => dialog === "model");
  return (
    <Dialog open={open} onClose={views.closeDialog} title={t("title")}>
      <div className="min-h-0 overflow-y-auto px-4 pt-1 pb-4">
        {open ? <ConnectModel onDone={views.closeDialog} /> : undefined}
      </div>
    </Dialog>
  );
}
