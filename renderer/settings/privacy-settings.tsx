import { useTranslation } from "react-i18next";
import { useApp } from "../bridge/use-bridge.ts";
import { SegmentedRow } from "./setting-row.tsx";
import { SettingsSection } from "./settings-section.tsx";
import { useSetting } from "./use-setting.ts";

/** Which servers are told how Pipit is used, and in plain words what that means. */
export function PrivacySettings() {
  const { t } = useTranslation("settings");
  const { value, save, error } = useSetting("reports");
  // The server of a page is never known to be that of this computer.
  const isPage = useApp((state) => state.face === "web");
  const choices = isPage ? (["never", "always"] as const) : (["never", "own", "always"] as const);
  const shown = isPage && value === "own" ? "never" : value;
  return (
    <SettingsSection title={t("privacy.title")}>
      <SegmentedRow
        label={t("privacy.label")}
        hint={t(`privacy.${shown}Hint`)}
        error={error}
        value={shown}
        options={choices.map((choice) => ({ value: choice, label: t(`privacy.${choice}`) }))}
        onChange={(choice) => void save(choice)}
      />
    </SettingsSection>
  );
}
