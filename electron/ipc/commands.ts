import type { Commands } from "#contract/ipc-schema.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { SettingsPatch } from "#contract/settings.ts";
import { createChatCommands } from "#engine/chat/chat-commands.ts";
import type { Host } from "../shell/host.ts";
import type { JsonFile } from "../shell/json-file.ts";
import type { StateFeed } from "./state-feed.ts";

export interface CommandDeps {
  readonly host: Host;
  readonly feed: StateFeed;
  readonly draft: JsonFile<string>;
  /** The page has its state and listens from now on. */
  readonly onLoaded: () => void;
  readonly captureScreen: (signal: AbortSignal) => Promise<ScreenImage>;
  readonly updateSettings: (patch: SettingsPatch) => Promise<void>;
  readonly openLink: (url: string) => Promise<void>;
  readonly copyText: (text: string) => void;
  readonly hideWindow: () => void;
  /** Aborts when the app quits. */
  readonly signal: AbortSignal;
}

/** What the window may ask of the app; inputs are checked by `electron/ipc/ipc.ts`. */
export function createCommands(deps: CommandDeps): Commands {
  return {
    ...createChatCommands(() => deps.host.client(), deps.signal),
    ...signInCommands(deps),
    ...appCommands(deps),
  };
}

function signInCommands(deps: CommandDeps): Pick<Commands, "signInLocally" | "signInWithToken" | "signOut"> {
  const { host, signal, updateSettings } = deps;
  return {
    async signInLocally() {
      await (await host.client()).login(undefined, signal);
    },
    async signInWithToken({ serverUrl, token }) {
      const before = host.app.getState().settings.serverUrl;
      const elsewhere = serverUrl !== "" && serverUrl !== before;
      if (elsewhere) await updateSettings({ serverUrl });
      try {
        await (await host.client()).login(token, signal);
      } catch (error) {
        // A refused token leaves everything as it was.
        if (elsewhere) await updateSettings({ serverUrl: before });
        throw error;
      }
    },
    async signOut() {
      await (await host.client()).logout(signal);
    },
  };
}

type AppCommand =
  | "snapshot"
  | "reconnect"
  | "saveDraft"
  | "captureScreen"
  | "updateSettings"
  | "openExternal"
  | "copyText"
  | "hideWindow";

function appCommands(deps: CommandDeps): Pick<Commands, AppCommand> {
  const { host } = deps;
  return {
    async snapshot() {
      deps.onLoaded();
      return {
        chat: deps.feed.snapshot(),
        auth: host.auth.getState(),
        app: host.app.getState(),
        draft: deps.draft.get(),
      };
    },
    reconnect: () => host.reconnect(),
    saveDraft: ({ text }) => deps.draft.set(text),
    captureScreen: () => deps.captureScreen(deps.signal),
    updateSettings: (patch) => deps.updateSettings(patch),
    openExternal: ({ url }) => deps.openLink(url),
    copyText: async ({ text }) => deps.copyText(text),
    hideWindow: async () => deps.hideWindow(),
  };
}
