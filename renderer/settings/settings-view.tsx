import { ArrowLeft } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useBridge } from "../bridge/use-bridge.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { lazily } from "../ui/lazily.tsx";
import { AboutSettings } from "./about-settings.tsx";
import { ChatSettings } from "./chat-settings.tsx";
import { GeneralSettings } from "./general-settings.tsx";
import { HotkeySetting } from "./hotkey-setting.tsx";
import { ScreenshotSetting, VoiceSettings } from "./senses-settings.tsx";
import { ServerSettings } from "./server-settings.tsx";
import { SettingsSection } from "./settings-section.tsx";

const ModelSettings = lazily(async () => (await import("./model-settings.tsx")).ModelSettings);

/** Everything a person can set. What is changed applies at once; there is nothing to save. */
export function SettingsView() {
  const { t } = useTranslation(["settings", "shell"]);
  const { views, ui } = useBridge();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
    // Who leaves the settings goes on with a question.
    return () => ui.focusComposer();
  }, [ui]);
  return (
    <section aria-label={t("title")} className="mx-auto flex max-w-settings flex-col gap-5 px-4 pt-2 pb-6">
      <header className="-ml-2 flex items-center gap-1">
        <IconButton label={t("shell:back")} onClick={() => views.show("chat")}>
          <ArrowLeft className="size-4" />
        </IconButton>
        <h2 ref={heading} tabIndex={-1} className="text-title font-semibold outline-none">
          {t("title")}
        </h2>
      </header>
      <GeneralSettings />
      <SettingsSection title={t("hotkey.title")}>
        <HotkeySetting />
      </SettingsSection>
      <ChatSettings />
      <VoiceSettings />
      <SettingsSection title={t("screen.title")}>
        <ScreenshotSetting />
      </SettingsSection>
      <ModelSettings />
      <ServerSettings />
      <AboutSettings />
    </section>
  );
}
