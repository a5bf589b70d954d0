import { useId } from "react";
import { useTranslation } from "react-i18next";
import { SettingsSection } from "../settings/settings-section.tsx";
import { fileLinkClasses } from "../ui/button.tsx";

/** The file of all that the server keeps of the account; the browser downloads it by its cookie. */
export function OwnData() {
  const { t } = useTranslation("profile");
  const id = useId();
  return (
    <SettingsSection title={t("data.title")}>
      <div className="flex items-center justify-between gap-4 py-2.5">
        <div className="flex min-w-0 flex-col">
          <p id={id}>{t("data.label")}</p>
          <p className="text-small text-soft">{t("data.hint")}</p>
        </div>
        <a href="/auth/export" download aria-describedby={id} className={fileLinkClasses}>
          {t("data.download")}
        </a>
      </div>
    </SettingsSection>
  );
}
