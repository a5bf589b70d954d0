import { useTranslation } from "react-i18next";
import type { Settings, SettingsPatch } from "#contract/settings.ts";
import { useApp, useBridge } from "../bridge/use-bridge.ts";
import { useErrorText } from "../i18n/use-error-text.ts";
import { useAction } from "../bridge/use-action.ts";

/** One setting as its row needs it: it applies at once, and says at its place when it could not be saved. */
export interface Setting<Key extends keyof Settings> {
  readonly value: Settings[Key];
  readonly save: (value: Settings[Key]) => Promise<boolean>;
  readonly error: string | undefined;
}

export function useSetting<Key extends keyof Settings>(key: Key): Setting<Key> {
  const { t } = useTranslation("settings");
  const { commands } = useBridge();
  const value = useApp((state) => state.settings[key]);
  const { error, run } = useAction();
  const errorText = useErrorText();
  const save = (next: Settings[Key]) => run(() => commands.updateSettings({ [key]: next } as SettingsPatch));
  return { value, save, error: error === undefined ? undefined : t("failed", { ...errorText(error) }) };
}
