import { useTranslation } from "react-i18next";
import { Slider } from "../ui/slider.tsx";
import { SettingRow } from "./setting-row.tsx";
import { SettingsSection } from "./settings-section.tsx";
import { SpeakSetting } from "./speak-setting.tsx";
import { useSetting } from "./use-setting.ts";
import { useUnavailable } from "./use-unavailable.ts";

/** Reading aloud, and how loud. */
export function VoiceSettings() {
  const { t } = useTranslation("settings");
  const volume = useSetting("volume");
  const noSound = useUnavailable("sound");
  return (
    <SettingsSection title={t("voice.title")}>
      <SpeakSetting />
      <SettingRow label={t("voice.volume")} error={volume.error}>
        {({ id }) => (
          <Slider
            id={id}
            value={Math.round(volume.value * 100)}
            min={0}
            max={100}
            step={5}
            disabled={noSound !== undefined}
            valueText={(value) => t("voice.percent", { value })}
            onCommit={(value) => void volume.save(value / 100)}
          />
        )}
      </SettingRow>
    </SettingsSection>
  );
}
