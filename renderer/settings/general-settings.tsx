import { useTranslation } from "react-i18next";
import { useApp } from "../bridge/use-bridge.ts";
import { Select } from "../ui/select.tsx";
import { SegmentedRow, SettingRow, SwitchSetting } from "./setting-row.tsx";
import { SettingsSection } from "./settings-section.tsx";
import { useSetting } from "./use-setting.ts";
import { useUnavailable } from "./use-unavailable.ts";

const languages = ["system", "en", "ru"] as const;
const themes = ["system", "light", "dark"] as const;

/** Language, appearance, and what the system does for Pipit. */
export function GeneralSettings() {
  const { t } = useTranslation("settings");
  const language = useSetting("language");
  const theme = useSetting("theme");
  const noTray = useUnavailable("tray");
  const face = useApp((state) => state.face);
  const platform = useApp((state) => state.platform);
  const hasNotifications = useApp(({ features }) => features.notifications !== undefined);
  return (
    <SettingsSection title={t("general.title")}>
      <SettingRow label={t("general.language")} error={language.error}>
        {(control) => (
          <Select
            {...control}
            value={language.value}
            options={languages.map((value) => ({ value, label: t(`general.languages.${value}`) }))}
            onChange={(value) => void language.save(value)}
          />
        )}
      </SettingRow>
      <SegmentedRow
        label={t("general.theme")}
        error={theme.error}
        value={theme.value}
        options={themes.map((value) => ({ value, label: t(`general.themes.${value}`) }))}
        onChange={(value) => void theme.save(value)}
      />
      <SwitchSetting
        name="startAtLogin"
        feature="startAtLogin"
        label={t("general.startAtLogin")}
        hint={t("general.startAtLoginHint")}
      />
      {face === "desktop" ? (
        <SwitchSetting name="compactBar" label={t("general.compactBar")} hint={t("general.compactBarHint")} />
      ) : undefined}
      {face === "desktop" ? (
        <SwitchSetting
          name="spellcheck"
          label={t("general.spellcheck")}
          hint={t(platform === "mac" ? "general.spellcheckMac" : "general.spellcheckOther")}
        />
      ) : undefined}
      {hasNotifications ? (
        <SwitchSetting
          name="notify"
          feature="notifications"
          label={t("general.notify")}
          hint={t("general.notifyHint")}
        />
      ) : undefined}
      {noTray === undefined ? undefined : <p className="py-2.5 text-small text-soft">{noTray}</p>}
    </SettingsSection>
  );
}
