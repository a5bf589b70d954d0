import { useTranslation } from "react-i18next";
import { Button } from "../ui/button.tsx";

/** Stands where a view broke. Everything that matters is with the host, so loading the page again loses nothing. */
export function CrashNotice() {
  const { t } = useTranslation("shell");
  return (
    <div role="alert" className="flex h-full flex-col items-center justify-center gap-3 p-8 text-center">
      <h2 className="text-title font-semibold">{t("crash.title")}</h2>
      <p className="max-w-dialog text-soft">{t("crash.body")}</p>
      <Button kind="primary" onClick={() => location.reload()}>
        {t("crash.reload")}
      </Button>
    </div>
  );
}
