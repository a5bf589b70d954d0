import * as z from "zod/mini";
import type { ChatPage, ChatsPlace, ChatSummary } from "#contract/chat-history.ts";
import type { HttpClient } from "#engine/ports.ts";
import { createJsonApi } from "#engine/wire/json-api.ts";
import { timeSchema } from "./wire-time.ts";

export const titleSchema = z.catch(z.string(), "");

const flagSchema = z.catch(z.boolean(), false);

const chatSchema = z.object({
  id: z.string(),
  title: titleSchema,
  created_at: timeSchema,
  updated_at: timeSchema,
  pinned: flagSchema,
  archived: flagSchema,
  unread: flagSchema,
  temporary: flagSchema,
  project_id: z.nullish(z.string()),
});

const summarySchema = z.object({ text: z.string() });

const chatsSchema = z.object({ data: z.array(chatSchema), next_cursor: z.nullish(z.string()) });

/** What may be changed of a chat. */
export type ChatChanges = Partial<Pick<ChatSummary, "title" | "pinned" | "archived">> & {
  readonly unread?: boolean;
  /** Null: in none. */
  readonly projectId?: string | null;
};

/** The list of chats of the signed-in account, and what is changed in it. */
export function createChatsClient(http: HttpClient) {
  const { ask, change } = createJsonApi(http);
  const get = <T>(path: string, schema: z.ZodMiniType<T>, signal: AbortSignal): Promise<T> =>
    ask({ method: "GET", path }, schema, signal);
  return {
    /** The last 100 chats, most recently changed first. */
    chats: (signal: AbortSignal) =>
      get("/v1/chats", chatsSchema, signal).then(({ data }) => data.map(toChat)),
    /**
     * The chats of a place, in pages.
     *
     * @param cursor `next` of the page before
     */
    async page(
      { archived, projectId }: ChatsPlace,
      cursor: string | undefined,
      signal: AbortSignal,
    ): Promise<ChatPage> {
      const within = projectId === undefined ? {} : { project: projectId };
      const list = async (filter: Readonly<Record<string, string>>) => {
        const query = new URLSearchParams({ ...filter, ...within }).toString();
        return await get(`/v1/chats?${query}`, chatsSchema, signal);
      };
      const after = cursor === undefined ? {} : { cursor };
      if (archived) return toPage(await list({ archived: "true", ...after }));
      const others = list({ archived: "false", pinned: "false", ...after });
      if (cursor !== undefined) return toPage(await others);
      // Pinned chats stand above all others, however old they are.
      const pinned = list({ archived: "false", pinned: "true", limit: "500" });
      const [top, page] = (await Promise.all([pinned, others])).map(toPage);
      return { ...page, chats: [...(top?.chats ?? []), ...(page?.chats ?? [])] };
    },
    /** All chats, the archived ones too, most recently changed first; asked for in pages as they are taken. */
    async *everyChat(signal: AbortSignal): AsyncGenerator<ChatSummary> {
      let page: ChatPage | undefined;
      do {
        const after = page?.next === undefined ? {} : { cursor: page.next };
        const query = new URLSearchParams({ limit: "500", ...after }).toString();
        page = toPage(await get(`/v1/chats?${query}`, chatsSchema, signal));
        yield* page.chats;
      } while (page.next !== undefined);
    },
    /** One chat of the account. */
    chat: (chatId: string, signal: AbortSignal) => get(chatPath(chatId), chatSchema, signal).then(toChat),
    /** What the model was told of the turns before one, which no longer went with it. Throws CHAT_NOT_FOUND without such a text. */
    async earlierSummary(chatId: string, turnId: string, signal: AbortSignal): Promise<string> {
      const path = `${chatPath(chatId)}/summary?${new URLSearchParams({ before: turnId }).toString()}`;
      return (await get(path, summarySchema, signal)).text;
    },
    /** Renames, pins, archives, marks as unread, moves into a project or out of it; gives the chat as the server has it then. */
    async changeChat(
      chatId: string,
      { projectId, ...changes }: ChatChanges,
      signal: AbortSignal,
    ): Promise<ChatSummary> {
      const body = JSON.stringify({ ...changes, ...(projectId !== undefined && { project_id: projectId }) });
      return toChat(await ask({ method: "PUT", path: chatPath(chatId), body }, chatSchema, signal));
    },
    /** Copies a chat up to one of its turns into a new one, which it gives. */
    async forkChat(chatId: string, turnId: string, signal: AbortSignal): Promise<ChatSummary> {
      const body = JSON.stringify({ turn_id: turnId });
      const asked = { method: "POST", path: `${chatPath(chatId)}/fork`, body } as const;
      return toChat(await ask(asked, chatSchema, signal));
    },
    async removeChat(chatId: string, signal: AbortSignal): Promise<void> {
      await change({ method: "DELETE", path: chatPath(chatId) }, signal);
    },
    /** Brings a chat back within 10 s after it was deleted. */
    async restoreChat(chatId: string, signal: AbortSignal): Promise<void> {
      await change({ method: "POST", path: `${chatPath(chatId)}/restore` }, signal);
    },
  };
}

export function chatPath(chatId: string): string {
  return `/v1/chats/${encodeURIComponent(chatId)}`;
}

function toPage({ data, next_cursor: next }: z.infer<typeof chatsSchema>): ChatPage {
  return { chats: data.map(toChat), ...(typeof next === "string" && { next }) };
}

function toChat(chat: z.infer<typeof chatSchema>): ChatSummary {
  const { id, title, pinned, archived } = chat;
  const marks = {
    ...(typeof chat.project_id === "string" && { projectId: chat.project_id }),
    ...(chat.unread && ({ unread: true } as const)),
    ...(chat.temporary && ({ temporary: true } as const)),
  };
  const times = { createdAtMs: chat.created_at, updatedAtMs: chat.updated_at };
  return { id, title, pinned, archived, ...marks, ...times };
}
