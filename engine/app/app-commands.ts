import type { appCommands } from "#contract/commands/app.ts";
import type { Handlers } from "#contract/commands/command.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Settings, SettingsPatch } from "#contract/settings.ts";
import type { WindowPort } from "./app-ports.ts";

export interface AppCommandDeps {
  readonly window: WindowPort;
  readonly settings: () => Settings;
  readonly updateSettings: (patch: SettingsPatch) => Promise<void>;
  readonly signal: AbortSignal;
}

export function createAppCommands(deps: AppCommandDeps): Handlers<typeof appCommands> {
  const { window, settings, updateSettings, signal } = deps;
  return {
    updateSettings,
    saveDraft: ({ text }) => window.saveDraft(text),
    async captureScreen() {
      if (settings().screenshot === "never")
        throw new PipitError("NOT_ALLOWED", "Pictures of the screen are switched off in the settings.");
      return await window.captureScreen(signal);
    },
    openExternal: ({ url }) => window.openLink(url),
    copyText: ({ text }) => window.copyText(text),
    hideWindow: () => window.hide(),
  };
}
