import type { Handlers } from "#contract/commands/command.ts";
import type { sessionCommands } from "#contract/commands/session.ts";
import type { AppCore } from "./app-ports.ts";

export function createSessionCommands(app: AppCore): Handlers<typeof sessionCommands> {
  const { client, updateSettings, signal } = app;
  return {
    async signInLocally() {
      await (await client()).login(undefined, signal);
    },
    async signInWithToken({ serverUrl, token }) {
      const { settings, features } = app.state();
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
    reconnect: app.reconnect,
  };
}
