import { useTranslation } from "react-i18next";
import { useBridge } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { Note } from "../ui/note.tsx";

/** A newer build of the page is there; the draft and what waits are kept over the reload. */
export function NewVersion() {
  const { t } = useTranslation("shell");
  const { views } = useBridge();
  return (
    <section aria-label={t("newVersion")} className="mx-auto w-full max-w-page px-4 py-2">
      <Note
        title={t("newVersion")}
        actions={
          <Button size="small" onClick={() => location.reload()}>
            {t("crash.reload")}
          </Button>
        }
        onDismiss={() => views.offerReload(false)}
      />
    </section>
  );
}
