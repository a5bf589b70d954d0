import type { AppState } from "#contract/app-state.ts";
import type { ChatState } from "#contract/chat-state.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { News } from "#engine/events/news.ts";
import { systemClock } from "#engine/system-clock.ts";
import type { AppClient } from "./app-ports.ts";

/** What comes within this time is shown at once: a turn, or a chat that is imported, is several things. */
const GATHER_MS = 30;

interface LiveSyncDeps {
  readonly state: () => Pick<AppState, "changed" | "projects">;
  readonly show: (patch: Pick<AppState, "changed">) => void;
  /** The models may be others. */
  readonly look: () => Promise<void>;
  /** Shows the names of projects as they are now. */
  readonly readProjects: () => Promise<unknown>;
  readonly onProblem: (error: PipitError) => void;
  readonly onRoomNews?: ((news: News) => void) | undefined;
  readonly logger: Logger;
  /** Aborts when the application ends. */
  readonly signal: AbortSignal;
}

interface Client {
  readonly engine: Pick<AppClient["engine"], "store" | "describeChat" | "refresh" | "newChat">;
  readonly history: Pick<AppClient["history"], "chat">;
}

/** What is to be shown anew. */
interface Gathered {
  readonly lists: Set<"chats" | "memories" | "projects" | "rooms" | "settings">;
  /** Of the chat that was on show when it was told. */
  readonly shown: { chatId: string; chat: boolean; turns: boolean };
}

/** Shows what happens to the account on its other devices; the server is asked for it, since news carry nothing but their kind. */
export type LiveSync = ReturnType<typeof createLiveSync>;

export function createLiveSync(deps: LiveSyncDeps) {
  const { state, show, look, readProjects, onProblem, logger, signal } = deps;
  const gathering = new WeakMap<Client, Gathered>();
  /** Chats that were deleted here: whoever did that need not be told. */
  const deletedHere = new Set<string>();

  const flush = async (client: Client, { lists, shown }: Gathered): Promise<void> => {
    const { changed = {}, projects } = state();
    const counted = (["chats", "memories", "rooms"] as const).filter((list) => lists.has(list));
    const next = Object.fromEntries(counted.map((list) => [list, (changed[list] ?? 0) + 1]));
    if (counted.length > 0) show({ changed: { ...changed, ...next } });
    // Where nothing shows them they are not read.
    if (lists.has("projects") && projects !== undefined) await readProjects().catch(() => undefined);
    if (lists.has("settings")) void look();
    if (shown.chat) await showChat(client, shown.chatId);
    // The newest exchanges are no news to one who reads older ones; the way to them reads them.
    if (shown.turns && client.engine.store.getState().cut !== true) await client.engine.refresh(shown.chatId);
  };

  const showChat = async ({ engine, history }: Client, chatId: string): Promise<void> => {
    try {
      engine.describeChat(await history.chat(chatId, signal));
    } catch (reason) {
      const error = PipitError.from(reason);
      if (error.code !== "CHAT_NOT_FOUND" || engine.store.getState().chatId !== chatId) {
        logger.debug("sync.chat_unread", { chatId, code: error.code });
        return;
      }
      engine.newChat();
      if (!deletedHere.has(chatId)) onProblem(error);
    }
  };

  return {
    /** Told of news of a client's account. */
    heard(client: Client, news: News): void {
      if (news.kind.startsWith("room.")) deps.onRoomNews?.(news);
      // Nothing that is read has changed.
      if (news.kind === "room.typing" || news.kind === "room.presence") return;
      const shown = client.engine.store.getState();
      if (isOwnTurn(shown, news)) return;
      const isFirst = !gathering.has(client);
      const gathered = gathering.get(client) ?? {
        lists: new Set(),
        shown: { chatId: shown.chatId ?? "", chat: false, turns: false },
      };
      gather(gathered, news);
      if (!isFirst) return;
      gathering.set(client, gathered);
      const ended = systemClock.sleep(GATHER_MS, signal).then(() => {
        gathering.delete(client);
        return flush(client, gathered);
      });
      ended.catch(() => undefined);
    },
    /** A chat is about to be deleted here, or to be brought back. */
    deletes: (chatId: string): void => void deletedHere.add(chatId),
    restores: (chatId: string): void => void deletedHere.delete(chatId),
  };
}

/** What is asked here is on show already, and the list follows it. */
function isOwnTurn({ chatId, activeMessageId, messages }: ChatState, { kind, ...news }: News): boolean {
  if (kind !== "turn.begun" && kind !== "turn.finished") return false;
  if (chatId !== undefined && chatId !== news.chatId) return false;
  return (
    activeMessageId !== undefined ||
    messages.some(({ role, turnId }) => role === "assistant" && turnId === news.turnId)
  );
}

/** What may be another one, by the first word of what happened. */
const listsOf = {
  chat: ["chats"],
  turn: ["chats"],
  memory: ["memories"],
  // The chats of one that is deleted are of none.
  project: ["projects", "chats"],
  settings: ["settings"],
  room: ["rooms"],
  // Any of them.
  rooms: ["rooms"],
} as const;

function isArea(word: string): word is keyof typeof listsOf {
  return Object.hasOwn(listsOf, word);
}

function gather({ lists, shown }: Gathered, { kind, chatId }: News): void {
  const isAll = kind === "all";
  const areas = isAll ? Object.keys(listsOf) : kind.split(".").slice(0, 1);
  for (const area of areas) if (isArea(area)) listsOf[area].forEach((list) => lists.add(list));
  if (shown.chatId === "" || (!isAll && chatId !== shown.chatId)) return;
  shown.chat ||= areas.includes("chat");
  shown.turns ||= areas.includes("turn");
}
