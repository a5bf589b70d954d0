import type { appCommands } from "#contract/commands/app.ts";
import type { Handlers } from "#contract/commands/command.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { AppCore } from "./app-ports.ts";

export function createAppCommands({ window, ...app }: AppCore): Handlers<typeof appCommands> {
  return {
    updateSettings: app.updateSettings,
    saveDraft: ({ text }) => window.saveDraft(text),
    async captureScreen() {
      if (app.state().settings.screenshot === "never")
        throw new PipitError("NOT_ALLOWED", "Pictures of the screen are switched off in the settings.");
      return await window.captureScreen(app.signal);
    },
    openExternal: ({ url }) => window.openLink(url),
    copyText: ({ text }) => window.copyText(text),
    hideWindow: () => window.hide(),
  };
}
