import { useTranslation } from "react-i18next";
import type { Settings, SettingsPatch } from "#contract/settings.ts";
import { useAction } from "../bridge/use-action.ts";
import { useApp, useBridge } from "../bridge/use-bridge.ts";
import { useErrorText } from "../i18n/use-error-text.ts";

/** One setting as its row needs it: it applies at once, and says at its place when it could not be saved. */
export function useSetting<Key extends keyof Settings>(key: Key) {
  const { t } = useTranslation("settings");
  const { commands } = useBridge();
  const value = useApp((state) => state.settings[key]);
  const { error, run } = useAction();
  const errorText = useErrorText();
  /** Tells whether it worked. */
  const save = (next: Settings[Key]) => run(() => commands.updateSettings({ [key]: next } as SettingsPatch));
  return { value, save, error: error === undefined ? undefined : t("failed", { ...errorText(error) }) };
}
