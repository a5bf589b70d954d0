import type { Commands } from "#contract/ipc-schema.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { createChatCommands } from "#engine/chat/chat-commands.ts";
import type { ChatEngine } from "#engine/chat/chat-engine-api.ts";
import type { HistoryClient } from "#engine/history/history-client.ts";
import type { CookieSession } from "#engine/web/cookie-session.ts";
import type { PageSettings } from "#engine/web/page-settings.ts";
import { saveDraft } from "#engine/web/page-storage.ts";
import type { PageValues } from "#engine/web/page-values.ts";
import { copyText, openLink } from "./web-links.ts";
import { captureScreen } from "./web-screenshot.ts";

export interface WebCommandDeps {
  readonly engine: ChatEngine;
  readonly session: CookieSession;
  readonly history: HistoryClient;
  readonly settings: PageSettings;
  readonly values: PageValues;
  readonly reconnect: () => Promise<void>;
  /** Aborts when the bridge is disposed of. */
  readonly signal: AbortSignal;
}

type WebCommands = Omit<Commands, "snapshot">;

/** What the window may ask of the page's own engine. */
export function createWebCommands(deps: WebCommandDeps): WebCommands {
  return {
    ...createChatCommands(async () => deps, deps.signal),
    ...signInCommands(deps),
    ...pageCommands(deps),
  };
}

type SignInCommand = "signInLocally" | "signInWithToken" | "signOut";
type PageCommand =
  | "reconnect"
  | "saveDraft"
  | "captureScreen"
  | "updateSettings"
  | "openExternal"
  | "copyText"
  | "hideWindow";

function signInCommands({ session, signal }: WebCommandDeps): Pick<WebCommands, SignInCommand> {
  return {
    async signInLocally() {
      throw new PipitError(
        "NOT_ALLOWED",
        "A page cannot sign in by itself. Open a fresh one-time address: run `npx pipit web` on the server's machine.",
      );
    },
    async signInWithToken({ token }) {
      await session.signInWithToken(token, signal);
    },
    signOut: () => session.signOut(signal),
  };
}

function pageCommands(deps: WebCommandDeps): Pick<WebCommands, PageCommand> {
  const { settings, values } = deps;
  return {
    reconnect: deps.reconnect,
    saveDraft: ({ text }) => saveDraft(values, text),
    async captureScreen() {
      if (settings.store.getState().screenshot === "never") {
        throw new PipitError("NOT_ALLOWED", "Pictures of the screen are switched off in the settings.");
      }
      return await captureScreen();
    },
    updateSettings: (patch) => settings.update(patch),
    openExternal: async ({ url }) => openLink(url),
    copyText: ({ text }) => copyText(text),
    hideWindow: async () => undefined,
  };
}
