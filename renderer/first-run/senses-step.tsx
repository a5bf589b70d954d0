import { ScreenshotSetting } from "../settings/screenshot-setting.tsx";
import { SpeakSetting } from "../settings/speak-setting.tsx";

/** What Pipit may say and see. */
export function SensesStep() {
  return (
    <div className="flex flex-col divide-y divide-hairline rounded-card border border-hairline bg-raised px-3">
      <SpeakSetting />
      <ScreenshotSetting />
    </div>
  );
}
