import { createStore, type StoreApi } from "zustand/vanilla";
import type { AppState } from "#contract/app-state.ts";
import type { AuthState } from "#contract/auth-state.ts";
import type { ChatState } from "#contract/chat-state.ts";
import type { Intent } from "#contract/intent.ts";
import {
  ipcCommandNames,
  type IpcHandlers,
  type PreloadApi,
  type Reply,
} from "#contract/commands/ipc-schema.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { applyChatPatch } from "#engine/chat/chat-patch.ts";
import type { Bridge } from "./bridge.ts";
import { createIntentQueue } from "./intent-queue.ts";

/**
 * The bridge over `window.pipit`, which the preload script made. State comes as one snapshot and patches after it; a
 * patch that was missed is cured by another snapshot.
 */
export async function createDesktopBridge(api: PreloadApi): Promise<Bridge> {
  const commands = commandsOf(api);
  const intents = createIntentQueue();
  const cleanup: (() => void)[] = [api.onIntent((intent: Intent) => intents.push(intent))];
  const first = await commands.snapshot();
  const chat = createStore<ChatState>(() => first.chat.state);
  const auth = createStore<AuthState>(() => first.auth);
  const app = createStore<AppState>(() => first.app);
  cleanup.push(
    followChat(api, commands, chat, first.chat.revision),
    api.onAuth((state) => auth.setState(state, true)),
    api.onApp((state) => app.setState(state, true)),
  );
  return {
    chat,
    auth,
    app,
    commands,
    window: commands,
    initialDraft: first.draft,
    onIntent: (listener) => intents.listen(listener),
    async [Symbol.asyncDispose]() {
      for (const stop of cleanup) stop();
    },
  };
}

function followChat(
  api: PreloadApi,
  commands: IpcHandlers,
  chat: StoreApi<ChatState>,
  firstRevision: number,
): () => void {
  let revision = firstRevision;
  let refetching = false;
  const refetch = async () => {
    refetching = true;
    try {
      const { chat: snapshot } = await commands.snapshot();
      revision = snapshot.revision;
      chat.setState(snapshot.state, true);
    } finally {
      refetching = false;
    }
  };
  return api.onChat((patch) => {
    // The snapshot holds this patch already, or the one on its way will.
    if (refetching || patch.revision <= revision) return;
    if (patch.revision !== revision + 1) {
      void refetch();
      return;
    }
    revision = patch.revision;
    chat.setState(applyChatPatch(chat.getState(), patch), true);
  });
}

function commandsOf(api: PreloadApi): IpcHandlers {
  const entries = ipcCommandNames.map((name) => {
    const call = api[name] as (input?: unknown) => Promise<Reply<unknown>>;
    return [name, async (input?: unknown) => unwrap(await call(input))] as const;
  });
  return Object.fromEntries(entries) as unknown as IpcHandlers;
}

function unwrap<T>(reply: Reply<T>): T {
  if (reply.ok) return reply.value;
  const { code, message, ...options } = reply.error;
  throw new PipitError(code, message, options);
}
