import { useTranslation } from "react-i18next";
import { Switch } from "../ui/switch.tsx";
import { SettingRow } from "./setting-row.tsx";
import { useSetting } from "./use-setting.ts";
import { useUnavailable } from "./use-unavailable.ts";

/** Whether answers are read aloud. */
export function SpeakSetting() {
  const { t } = useTranslation("settings");
  const speak = useSetting("speak");
  const noSound = useUnavailable("sound");
  return (
    <SettingRow label={t("voice.speak")} hint={noSound} error={speak.error}>
      {(control) => (
        <Switch
          {...control}
          checked={speak.value}
          disabled={noSound !== undefined}
          onChange={(value) => void speak.save(value)}
        />
      )}
    </SettingRow>
  );
}
