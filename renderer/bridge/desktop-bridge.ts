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
  type Snapshot,
} from "#contract/commands/ipc-schema.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Revised } from "#contract/patches/list-patch.ts";
import type { RoomsState } from "#contract/rooms/rooms.ts";
import { applyChatPatch } from "#engine/chat/chat-patch.ts";
import { applyRoomsPatch } from "#engine/rooms/rooms-patch.ts";
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
  const rooms = createStore<RoomsState>(() => first.rooms.state);
  cleanup.push(
    ...followStates(api, commands, { chat, rooms }, first),
    api.onAuth((state) => auth.setState(state, true)),
    api.onApp((state) => app.setState(state, true)),
  );
  return {
    chat,
    rooms,
    auth,
    app,
    commands,
    window: commands,
    initialDraft: first.draft,
    roomDrafts: first.roomDrafts,
    onIntent: (listener) => intents.listen(listener),
    async [Symbol.asyncDispose]() {
      for (const stop of cleanup) stop();
    },
  };
}

interface Copies {
  readonly chat: StoreApi<ChatState>;
  readonly rooms: StoreApi<RoomsState>;
}

/** Keeps the copies in step with the host's states. A snapshot is always of both: the host goes on from it with both. */
function followStates(
  api: PreloadApi,
  { snapshot }: IpcHandlers,
  { chat, rooms }: Copies,
  first: Snapshot,
): readonly (() => void)[] {
  const revisions = { chat: first.chat.revision, rooms: first.rooms.revision };
  let refetching = false;
  const refetch = async () => {
    refetching = true;
    try {
      const fresh = await snapshot();
      revisions.chat = fresh.chat.revision;
      revisions.rooms = fresh.rooms.revision;
      chat.setState(fresh.chat.state, true);
      rooms.setState(fresh.rooms.state, true);
    } finally {
      refetching = false;
    }
  };
  const follow = (name: keyof typeof revisions, { revision }: Revised, apply: () => void): void => {
    // The snapshot holds this patch already, or the one on its way will.
    if (refetching || revision <= revisions[name]) return;
    if (revision !== revisions[name] + 1) {
      void refetch();
      return;
    }
    revisions[name] = revision;
    apply();
  };
  return [
    api.onChat((patch) =>
      follow("chat", patch, () => chat.setState(applyChatPatch(chat.getState(), patch), true)),
    ),
    api.onRooms((patch) =>
      follow("rooms", patch, () => rooms.setState(applyRoomsPatch(rooms.getState(), patch), true)),
    ),
  ];
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
