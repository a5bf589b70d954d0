import { useTranslation } from "react-i18next";
import { Segmented } from "../ui/segmented.tsx";
import { SettingRow } from "./setting-row.tsx";
import { useSetting } from "./use-setting.ts";
import { useUnavailable } from "./use-unavailable.ts";

const choices = ["never", "ask", "always"] as const;

/** When a picture of the screen is taken, and in plain words what that means. */
export function ScreenshotSetting() {
  const { t } = useTranslation("settings");
  const screenshot = useSetting("screenshot");
  const noScreen = useUnavailable("screenshot");
  return (
    <SettingRow
      wide
      label={t("screen.label")}
      hint={noScreen ?? t(`screen.${screenshot.value}Hint`)}
      error={screenshot.error}
    >
      {({ describedBy }) => (
        <Segmented
          label={t("screen.label")}
          describedBy={describedBy}
          value={screenshot.value}
          options={choices.map((value) => ({ value, label: t(`screen.${value}`) }))}
          disabled={noScreen !== undefined}
          onChange={(value) => void screenshot.save(value)}
        />
      )}
    </SettingRow>
  );
}
