import type { AppState } from "#contract/app-state.ts";
import type { Handlers } from "#contract/commands/command.ts";
import type { sessionCommands } from "#contract/commands/session.ts";
import type { SettingsPatch } from "#contract/settings.ts";
import type { AppClient } from "./app-ports.ts";

export interface SessionCommandDeps {
  readonly client: () => Promise<AppClient>;
  readonly state: () => AppState;
  readonly updateSettings: (patch: SettingsPatch) => Promise<void>;
  readonly reconnect: () => Promise<void>;
  readonly signal: AbortSignal;
}

export function createSessionCommands(deps: SessionCommandDeps): Handlers<typeof sessionCommands> {
  const { client, updateSettings, signal } = deps;
  return {
    async signInLocally() {
      await (await client()).login(undefined, signal);
    },
    async signInWithToken({ serverUrl, token }) {
      const { settings, features } = deps.state();
      const before = settings.serverUrl;
      const elsewhere = features.otherServers.available && serverUrl !== "" && serverUrl !== before;
      if (elsewhere) await updateSettings({ serverUrl });
      try {
        await (await client()).login(token, signal);
      } catch (error) {
        // A refused token leaves everything as it was.
        if (elsewhere) await updateSettings({ serverUrl: before });
        throw error;
      }
    },
    signOut: async () => (await client()).logout(signal),
    reconnect: deps.reconnect,
  };
}
