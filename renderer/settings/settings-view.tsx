import { useTranslation } from "react-i18next";
import { useApp, useAuth } from "../bridge/use-bridge.ts";
import { lazily } from "../ui/lazily.tsx";
import { ViewFrame } from "../ui/view-frame.tsx";
import { AboutSettings } from "./about-settings.tsx";
import { ChatSettings } from "./chat-settings.tsx";
import { GeneralSettings } from "./general-settings.tsx";
import { HotkeySetting } from "./hotkey-setting.tsx";
import { ScreenshotSetting, VoiceSettings } from "./senses-settings.tsx";
import { PrivacySettings } from "./privacy-settings.tsx";
import { ServerSettings } from "./server-settings.tsx";
import { SwitchSetting } from "./setting-row.tsx";
import { useFaceHas } from "./use-face-has.ts";
import { SettingsSection } from "./settings-section.tsx";

const ModelSettings = lazily(async () => (await import("./model-settings.tsx")).ModelSettings);
const MemoriesSection = lazily(async () => (await import("./memories-section.tsx")).MemoriesSection);
const UsageSection = lazily(async () => (await import("./usage-section.tsx")).UsageSection);
const ChatFilesSection = lazily(async () => (await import("./chat-files-section.tsx")).ChatFilesSection);
const ProgramSettings = lazily(async () => (await import("./program-settings.tsx")).ProgramSettings);

/** Everything a person can set. What is changed applies at once; there is nothing to save. */
export function SettingsView() {
  const { t } = useTranslation("settings");
  const auth = useAuth();
  // What is read of an account goes with it: another tab may sign out, or in as somebody else.
  const account = auth.kind === "signed-in" ? auth.accountId : "";
  const desktop = useApp((state) => state.face === "desktop");
  const hasHotkeys = useFaceHas("globalHotkey");
  const seesScreen = useFaceHas("screenshot");
  const tellsSelection = useApp((state) => state.tellsSelection === true);
  return (
    <ViewFrame title={t("title")}>
      <GeneralSettings />
      {hasHotkeys ? (
        <SettingsSection title={t("hotkey.title")}>
          <HotkeySetting />
          {desktop ? <HotkeySetting name="selectionHotkey" /> : undefined}
          {desktop && !tellsSelection ? (
            <SwitchSetting
              name="selectionFromClipboard"
              label={t("hotkey.fromClipboard")}
              hint={t("hotkey.fromClipboardHint")}
            />
          ) : undefined}
          {desktop ? <ProgramSettings /> : undefined}
        </SettingsSection>
      ) : undefined}
      <ChatSettings />
      <ChatFilesSection />
      <MemoriesSection key={`memories ${account}`} />
      <UsageSection key={`usage ${account}`} />
      <VoiceSettings />
      {seesScreen ? (
        <SettingsSection title={t("screen.title")}>
          <ScreenshotSetting />
          {desktop ? <HotkeySetting name="regionHotkey" /> : undefined}
        </SettingsSection>
      ) : undefined}
      <ModelSettings />
      <ServerSettings />
      <PrivacySettings />
      <AboutSettings />
    </ViewFrame>
  );
}
