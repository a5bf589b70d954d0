import { useTranslation } from "react-i18next";
import { useApp } from "../bridge/use-bridge.ts";
import { Select } from "../ui/select.tsx";
import { SettingRow, SwitchSetting } from "./setting-row.tsx";
import { SettingsSection } from "./settings-section.tsx";
import { useSetting } from "./use-setting.ts";

const sizes = [50, 100, 200, 500, 1000, 5000, 10_000] as const;

/** How much of a chat the window keeps, and what answers may look at. */
export function ChatSettings() {
  const { t, i18n } = useTranslation("settings");
  const face = useApp((state) => state.face);
  const size = useSetting("historySize");
  // A settings file may hold a number of the person's own.
  const offered = [...new Set([...sizes, size.value])].toSorted((a, b) => a - b);
  return (
    <SettingsSection title={t("chat.title")}>
      <SettingRow label={t("chat.historySize")} hint={t("chat.historySizeHint")} error={size.error}>
        {(control) => (
          <Select
            {...control}
            value={String(size.value)}
            options={offered.map((value) => ({
              value: String(value),
              label: value.toLocaleString(i18n.language),
            }))}
            onChange={(value) => void size.save(Number(value))}
          />
        )}
      </SettingRow>
      <SwitchSetting
        name="searchAllChats"
        label={t("chat.searchAllChats")}
        hint={t("chat.searchAllChatsHint")}
      />
      {face === "desktop" ? (
        <SwitchSetting name="historyFile" label={t("chat.historyFile")} hint={t("chat.historyFileHint")} />
      ) : undefined}
    </SettingsSection>
  );
}
