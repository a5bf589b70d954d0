import { useTranslation } from "react-i18next";
import { Slider } from "../ui/slider.tsx";
import { SegmentedRow, SettingRow, SwitchSetting } from "./setting-row.tsx";
import { SettingsSection } from "./settings-section.tsx";
import { useSetting } from "./use-setting.ts";
import { useUnavailable } from "./use-unavailable.ts";

const choices = ["never", "ask", "always"] as const;

/** Whether answers are read aloud. */
export function SpeakSetting() {
  const { t } = useTranslation("settings");
  return <SwitchSetting name="speak" feature="sound" label={t("voice.speak")} />;
}

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

/** When a picture of the screen is taken, and in plain words what that means. */
export function ScreenshotSetting() {
  const { t } = useTranslation("settings");
  const { value, save, error } = useSetting("screenshot");
  const noScreen = useUnavailable("screenshot");
  return (
    <SegmentedRow
      label={t("screen.label")}
      hint={noScreen ?? t(`screen.${value}Hint`)}
      error={error}
      value={value}
      options={choices.map((choice) => ({ value: choice, label: t(`screen.${choice}`) }))}
      disabled={noScreen !== undefined}
      onChange={(choice) => void save(choice)}
    />
  );
}
