import * as z from "zod/mini";
import type { AuthState } from "#contract/auth-state.ts";
import { errorCodes, type ErrorCode } from "#contract/error-codes.ts";
import type { ChatSummary } from "#contract/chat-history.ts";
import type { Project } from "#contract/commands/projects.ts";
import type { Message } from "#contract/chat-state.ts";
import type { PageConnection, PageDatabase } from "./page-database.ts";

/** So many chats have their messages kept; the one that was read longest ago makes room. */
const KEPT_CHATS_MAX = 100;
/** Of all kept messages together, as JSON in UTF-8. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;
/** A server that has not answered after so long is not waited for with what is here. */
export const KEPT_AFTER_MS = 500;
const KEPT = "kept-chats";

/** What the server said, or that it said nothing, decides nothing: what was kept is better than none. */
export function isAway(code: ErrorCode): boolean {
  return errorCodes[code].http >= 500 || code === "RATE_LIMITED";
}

export type Account = Extract<AuthState, { kind: "signed-in" }>;

/** The chats of one account that was signed in here. */
interface Kept {
  readonly account: Account;
  /** As the server listed them last. */
  readonly list?: { readonly chats: readonly ChatSummary[]; readonly asOfMs: number };
  readonly projects?: readonly Project[];
  /** Chats whose messages are here, the one that was read last at the end. */
  readonly held: readonly Held[];
}

interface Held {
  readonly chatId: string;
  readonly bytes: number;
  /** When the chat had last changed by then; absent where that was not known. */
  readonly updatedAtMs?: number | undefined;
  /** As it was listed or read last; absent while it stands in the list. */
  readonly chat?: ChatSummary;
}

/** Answers of the server that this browser keeps for when it is away; of one account, and only while that is signed in. */
export type KeptChats = ReturnType<typeof createKeptChats>;

/**
 * All tabs share it. What is kept for an account that is not the one that is signed in by then is not kept: an answer may
 * come after the sign-out.
 *
 * @throws PipitError from each call: STORAGE_FULL, STORAGE_UNREADABLE.
 */
export function createKeptChats(
  database: PageDatabase,
  limits = { chats: KEPT_CHATS_MAX, bytes: KEPT_BYTES_MAX },
) {
  const read = () => database.use(async (connection) => asKept(await connection.get("values", KEPT)));
  const change = (accountId: string, work: (kept: Kept, chats: Chats) => Promise<Kept> | Kept) =>
    write(database, async (kept, chats) =>
      kept?.account.accountId === accountId ? await work(kept, chats) : kept,
    );
  return {
    ...projectsOf(read, change),
    /** Who was signed in here last, and has not signed out. */
    account: async () => (await read())?.account,
    /** A user is signed in: nothing of any other account stays. */
    enter: (account: Account) =>
      write(database, async (kept, chats) => {
        if (kept?.account.accountId === account.accountId) return { ...kept, account };
        await chats.clear();
        return { account, held: [] };
      }),
    /** The user has signed out, or the server has ended the sign-in: nothing stays. */
    leave: () =>
      write(database, async (_kept, chats) => {
        await chats.clear();
        return undefined;
      }),
    /** What the server listed first, and below it the other chats whose messages are here. */
    async list(accountId: string) {
      const kept = await read();
      if (kept?.account.accountId !== accountId || kept.list === undefined) return undefined;
      const others = kept.held.flatMap(({ chat }) => (chat && !chat.archived ? [chat] : []));
      const below = others.toSorted((a, b) => b.updatedAtMs - a.updatedAtMs);
      return { ...kept.list, chats: [...kept.list.chats, ...below] };
    },
    /** What the server lists first. Resolves to the chats here that are not in it: it may have no such chat any more. */
    async keepList(accountId: string, listed: readonly ChatSummary[], asOfMs: number) {
      let unlisted: readonly string[] = [];
      await change(accountId, (kept) => {
        const ids = new Set(listed.map(({ id }) => id));
        const before = new Map(kept.list?.chats.map((chat) => [chat.id, chat]));
        const held = kept.held.map(({ chat, ...one }) =>
          ids.has(one.chatId) ? one : heldAs(one, before.get(one.chatId) ?? chat),
        );
        unlisted = held.flatMap(({ chatId }) => (ids.has(chatId) ? [] : [chatId]));
        return { ...kept, list: { chats: listed, asOfMs }, held };
      });
      return unlisted;
    },
    /** What the server says of a chat that it did not list. */
    keepUnlisted: (accountId: string, chat: ChatSummary) =>
      change(accountId, (kept) => ({
        ...kept,
        held: kept.held.map((one) =>
          one.chatId === chat.id && !isListed(kept, chat.id) ? heldAs(one, chat) : one,
        ),
      })),
    async messages(accountId: string, chatId: string): Promise<readonly Message[] | undefined> {
      if ((await read())?.account.accountId !== accountId) return undefined;
      const json = await database.use((connection) => connection.get("chats", chatId));
      return json === undefined ? undefined : (JSON.parse(new TextDecoder().decode(json)) as Message[]);
    },
    /** Those of `chats` whose messages are not here, or are older than the chat. */
    async outdated(accountId: string, chats: readonly ChatSummary[]): Promise<readonly ChatSummary[]> {
      const kept = await read();
      if (kept?.account.accountId !== accountId) return [];
      const here = new Map(kept.held.map((one) => [one.chatId, one.updatedAtMs]));
      return chats.filter(({ id, updatedAtMs }) => here.get(id) !== updatedAtMs);
    },
    /** @param updatedAtMs when the chat had last changed, as it was listed before it was read */
    keepMessages(accountId: string, chatId: string, messages: readonly Message[], updatedAtMs?: number) {
      // What is remembered may have been forgotten by the next reading.
      const json = new TextEncoder().encode(JSON.stringify(messages.map(withoutMemories)));
      return change(accountId, (kept, chats) =>
        withMessages(kept, chats, { chatId, json, updatedAtMs }, limits),
      );
    },
    /** It was deleted. */
    drop: (accountId: string, chatId: string) =>
      change(accountId, async (kept, chats) => {
        const { list, ...rest } = await without(kept, chats, chatId);
        const others = list && { ...list, chats: list.chats.filter(({ id }) => id !== chatId) };
        return { ...rest, ...(others && { list: others }) };
      }),
    dropMessages: (accountId: string, chatId: string) =>
      change(accountId, (kept, chats) => without(kept, chats, chatId)),
  };
}

/** The projects of the account, as the server told them last. */
function projectsOf(
  read: () => Promise<Kept | undefined>,
  change: (accountId: string, work: (kept: Kept) => Kept) => Promise<void>,
) {
  return {
    keepProjects: (accountId: string, projects: readonly Project[]) =>
      change(accountId, (kept) => ({ ...kept, projects })),
    projects: async (accountId: string) => {
      const kept = await read();
      return kept?.account.accountId === accountId ? kept.projects : undefined;
    },
  };
}

function withoutMemories(message: Message): Message {
  if (message.role === "user") return message;
  const { remembered: _, ...rest } = message;
  return rest;
}

function heldAs(held: Held, chat: ChatSummary | undefined): Held {
  return chat === undefined ? held : { ...held, chat };
}

function isListed({ list }: Kept, chatId: string): boolean {
  return list?.chats.some(({ id }) => id === chatId) === true;
}

async function without(kept: Kept, chats: Chats, chatId: string): Promise<Kept> {
  await chats.delete(chatId);
  return { ...kept, held: kept.held.filter((other) => other.chatId !== chatId) };
}

interface Read extends Pick<Held, "chatId" | "updatedAtMs"> {
  readonly json: Uint8Array<ArrayBuffer>;
}

/** The chat that was read longest ago makes room. */
async function withMessages(
  kept: Kept,
  chats: Chats,
  { json, ...read }: Read,
  limits: { readonly chats: number; readonly bytes: number },
): Promise<Kept> {
  const { chatId } = read;
  // All others would make room for it, in vain.
  if (json.byteLength > limits.bytes) return await without(kept, chats, chatId);
  const others = kept.held.filter((other) => other.chatId !== chatId);
  const before = kept.held.find((other) => other.chatId === chatId);
  const held = [...others, { ...before, ...read, bytes: json.byteLength }];
  await chats.put(json, chatId);
  while (held.length > limits.chats || held.reduce((sum, { bytes }) => sum + bytes, 0) > limits.bytes)
    await chats.delete(held.shift()?.chatId ?? "");
  return { ...kept, held };
}

type Chats = ReturnType<typeof beginWrite>["chats"];

function beginWrite(connection: PageConnection) {
  const transaction = connection.transaction(["values", "chats"], "readwrite");
  const [values, chats] = [transaction.objectStore("values"), transaction.objectStore("chats")];
  return { transaction, values, chats };
}

/** No other tab comes between; what `work` resolves to takes the place of what was kept. */
function write(
  database: PageDatabase,
  work: (kept: Kept | undefined, chats: Chats) => Promise<Kept | undefined>,
): Promise<void> {
  return database.use(async (connection) => {
    const { transaction, values, chats } = beginWrite(connection);
    const working = async () => {
      const next = await work(asKept(await values.get(KEPT)), chats);
      await (next === undefined ? values.delete(KEPT) : values.put(next, KEPT));
    };
    await Promise.all([working(), transaction.done]);
  });
}

const chatSchema = z.object({
  id: z.string(),
  title: z.string(),
  pinned: z.boolean(),
  archived: z.boolean(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
});
const keptSchema = z.object({
  account: z.object({
    kind: z.literal("signed-in"),
    accountId: z.string(),
    accountName: z.string(),
    local: z.boolean(),
  }),
  list: z.optional(z.object({ chats: z.array(chatSchema), asOfMs: z.number() })),
  held: z.array(
    z.object({
      chatId: z.string(),
      bytes: z.number(),
      updatedAtMs: z.optional(z.number()),
      chat: z.optional(chatSchema),
    }),
  ),
});

/** What has another shape (another version of the page or another program has written it) is as if it were not there. */
function asKept(value: unknown): Kept | undefined {
  return keptSchema.safeParse(value).success ? (value as Kept) : undefined;
}
