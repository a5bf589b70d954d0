import type { ChatPage, ChatsPlace, ChatSummary } from "#contract/chat-history.ts";
import type { ChatState, Message } from "#contract/chat-state.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { HistoryClient } from "#engine/history/history-client.ts";
import type { Credentials } from "#engine/ports.ts";
import type { SignInState } from "#engine/session/session-api.ts";
import { isAway, type KeptChats } from "./kept-chats.ts";
import { createLateList } from "./late-list.ts";

interface KeptHistoryDeps {
  readonly history: HistoryClient;
  readonly session: SignInState & Credentials;
  readonly kept: KeptChats;
  readonly logger: Logger;
  /** Resolves when the page has nothing better to do. Absent: only what is opened is kept. */
  readonly idle?: () => Promise<void>;
}

/** So many of the newest chats are kept before they are opened: those are looked for where there is no network. */
const NEWEST_CHATS = 10;

/**
 * The history that keeps what it reads, and gives that while the server is away. Whose it is: the answer counts for the
 * account that asked, if that is still signed in when it comes.
 */
export function createKeptHistory({ history, session, kept, logger, idle }: KeptHistoryDeps) {
  const accountId = (): string | undefined => {
    const state = session.store.getState();
    return state.kind === "signed-in" ? state.accountId : undefined;
  };
  /** What cannot be kept is no reason not to show it. */
  const tryTo = async (keeping: (account: string) => Promise<void>): Promise<void> => {
    const account = accountId();
    if (account === undefined) return;
    await keeping(account).catch((reason: unknown) => {
      logger.warn("history.not_kept", { code: PipitError.from(reason).code });
    });
  };
  const readOrKept = async <T>(
    read: () => Promise<T>,
    keep: (account: string, value: T) => Promise<void>,
    find: (account: string) => Promise<T | undefined>,
    signal: AbortSignal,
  ): Promise<T> => {
    try {
      const { accountId: asking } = await session.attach(new Headers(), signal);
      const value = await read();
      void tryTo(async (account) => (account === asking ? await keep(account, value) : undefined));
      return value;
    } catch (reason) {
      const account = accountId();
      if (!isAway(PipitError.from(reason).code) || account === undefined) throw reason;
      const found = await find(account).catch(() => undefined);
      if (found === undefined) throw reason;
      return found;
    }
  };
  const { listed, keepList, keepRead, readHere } = createKeeping(history, kept, idle);
  const keptWhileLate = createLateList(kept);
  return {
    ...history,
    async page(place: ChatsPlace, cursor: string | undefined, signal: AbortSignal): Promise<ChatPage> {
      const read = () => history.page(place, cursor, signal);
      if (place.archived || cursor !== undefined) return await read();
      const { projectId } = place;
      if (projectId !== undefined) {
        const within = async (id: string) => withinProject(await kept.list(id), projectId);
        return await readOrKept(read, keepNothing, within, signal);
      }
      const account = accountId();
      const ask = () => readOrKept(read, keepList, (id) => kept.list(id), signal);
      return account === undefined ? await ask() : await keptWhileLate(account, ask, signal);
    },
    async messages(chatId: string, signal: AbortSignal): Promise<readonly Message[]> {
      const read = () =>
        history.messages(chatId, signal).catch(async (reason: unknown) => {
          if (isGone(reason)) await tryTo((account) => kept.drop(account, chatId));
          throw reason;
        });
      const keep = (account: string, found: readonly Message[]) => keepRead(account, chatId, found);
      return await readOrKept(read, keep, (account) => kept.messages(account, chatId), signal);
    },
    async chat(chatId: string, signal: AbortSignal) {
      const read = () => history.chat(chatId, signal);
      return await readOrKept(read, keepNothing, (account) => listed(account, chatId), signal);
    },
    projects: (signal: AbortSignal) =>
      readOrKept(() => history.projects(signal), kept.keepProjects, kept.projects, signal),
    async removeChat(chatId: string, signal: AbortSignal): Promise<void> {
      await history.removeChat(chatId, signal);
      await tryTo((account) => kept.drop(account, chatId));
    },
    /** What was read before has that turn still. */
    async removeTurn(chatId: string, turnId: string, signal: AbortSignal): Promise<void> {
      await history.removeTurn(chatId, turnId, signal);
      await tryTo((account) => kept.dropMessages(account, chatId));
    },
    /** The chat on show has another answer, which came as it was made. */
    async keepShown({ chatId, messages, cut, temporary }: ChatState): Promise<void> {
      // A part of a chat is not what a reader without the server looks for, and a temporary one leaves nothing behind.
      if (chatId === undefined || cut === true || temporary === true) return;
      readHere.add(chatId);
      await tryTo((account) => kept.keepMessages(account, chatId, messages.filter(isAtRest).map(asRead)));
    },
  };
}

const keepNothing = async (): Promise<void> => undefined;

/** Of the kept list those chats that are in a project. */
function withinProject(list: ChatPage | undefined, projectId: string): ChatPage | undefined {
  return list && { ...list, chats: list.chats.filter((chat) => chat.projectId === projectId) };
}

/** Keeps answers of the server, and asks it about chats that it did not list. */
function createKeeping(history: HistoryClient, kept: KeptChats, idle: KeptHistoryDeps["idle"]) {
  const never = new AbortController().signal;
  const listed = async (account: string, chatId: string) =>
    (await kept.list(account))?.chats.find(({ id }) => id === chatId);
  /** What the server says of a chat that it did not list; nothing stays of one that is gone. */
  const askAbout = async (account: string, chatId: string): Promise<ChatSummary | undefined> => {
    const chat = await history.chat(chatId, never).catch(async (reason: unknown) => {
      if (!isGone(reason)) throw reason;
      await kept.drop(account, chatId);
      return undefined;
    });
    askedAbout.add(chatId);
    return chat;
  };
  /** Once in a visit is enough: what is deleted here goes at once. */
  const askedAbout = new Set<string>();
  const keepList = async (account: string, { chats }: ChatPage): Promise<void> => {
    const unlisted = await kept.keepList(account, chats, Date.now());
    for (const chatId of unlisted.filter((id) => !askedAbout.has(id))) {
      const chat = await askAbout(account, chatId);
      if (chat !== undefined) await kept.keepUnlisted(account, chat);
    }
    if (idle !== undefined) await keepNewest(account, chats, idle);
  };
  /** Chats whose messages have come in this visit: once is enough here too. */
  const readHere = new Set<string>();
  const keepNewest = async (
    account: string,
    chats: readonly ChatSummary[],
    whenIdle: () => Promise<void>,
  ): Promise<void> => {
    const newest = chats.toSorted((a, b) => b.updatedAtMs - a.updatedAtMs).slice(0, NEWEST_CHATS);
    for (const { id, updatedAtMs } of await kept.outdated(account, newest)) {
      await whenIdle();
      if (readHere.has(id)) continue;
      readHere.add(id);
      await kept.keepMessages(account, id, await history.messages(id, never), updatedAtMs);
    }
  };
  const keepRead = async (account: string, chatId: string, messages: readonly Message[]): Promise<void> => {
    readHere.add(chatId);
    const known = await listed(account, chatId);
    const chat = known ?? (await askAbout(account, chatId));
    // A temporary chat leaves nothing behind.
    if (chat === undefined || chat.temporary === true) return;
    await kept.keepMessages(account, chatId, messages, chat.updatedAtMs);
    if (known === undefined) await kept.keepUnlisted(account, chat);
  };
  return { listed, keepList, keepRead, readHere };
}

function isGone(reason: unknown): boolean {
  return PipitError.from(reason).code === "CHAT_NOT_FOUND";
}

/** What waits is in the outbox. */
function isAtRest(message: Message): boolean {
  const status = message.role === "user" ? message.status.kind : message.status;
  return status !== "queued" && status !== "sending" && status !== "streaming" && status !== "interrupted";
}

function asRead(message: Message): Message {
  return message.role === "user" ? message : { ...message, replayed: true };
}
