import * as z from "zod/mini";
import type { HistoryHit } from "#contract/chat-history.ts";
import type { Message } from "#contract/chat-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { HttpClient } from "#engine/ports.ts";
import { createJsonApi } from "#engine/wire/json-api.ts";
import { chatPath, createChatsClient, titleSchema } from "./chats-client.ts";
import { createMemoriesClient } from "./memories-client.ts";
import { createProjectsClient } from "./projects-client.ts";
import { messagesSchema, sentFileSchema, toFile, toMessages } from "./stored-messages.ts";
import { createUsageClient } from "./usage-client.ts";
import { timeSchema } from "./wire-time.ts";

/** Stored conversations of the signed-in account (docs/reference/accounts.md). All methods throw PipitError. */
export type HistoryClient = ReturnType<typeof createHistoryClient>;

/** A part of a chat; see `messagesAround`. */
export interface MessagesAround {
  readonly messages: readonly Message[];
  readonly cut?: true;
  readonly isGone?: true;
}

/** As many as one looks through. */
const SEARCH_HITS = 20;
/** Name of the answers that the server has without a language model. */
const BUILT_IN_MODEL = "built-in";
const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

const pictureSchema = z.object({ width: z.number(), height: z.number(), jpeg: z.base64() });

const filesSchema = z.object({ data: z.array(z.extend(sentFileSchema, { text: z.string() })) });

const rangeSchema = z.object({ start: z.int().check(z.nonnegative()), end: z.int() });

const searchSchema = z.object({
  results: z.array(
    z.object({
      session_id: z.string(),
      session_title: titleSchema,
      hit_created_at: timeSchema,
      score: z.number(),
      headline: titleSchema,
      turn_id: z.optional(z.string()),
      highlights: z.catch(z.array(rangeSchema), []),
    }),
  ),
});

/** @param http adds the sign-in */
export function createHistoryClient(http: HttpClient) {
  const { ask, change } = createJsonApi(http);
  const get = <T>(path: string, schema: z.ZodMiniType<T>, signal: AbortSignal): Promise<T> =>
    ask({ method: "GET", path }, schema, signal);

  return {
    ...createChatsClient(http),
    ...createMemoriesClient(http),
    ...createProjectsClient(http),
    ...createUsageClient(http),
    /** The shown path of a chat, oldest first, ready for `ChatEngine.openChat`. */
    async messages(chatId: string, signal: AbortSignal): Promise<readonly Message[]> {
      const { data } = await get(`${chatPath(chatId)}/messages`, messagesSchema, signal);
      return toMessages(data);
    },
    /**
     * The part of a chat around one of its turns; the branch of that turn is the shown one from then on. `cut`: newer
     * messages are not in it. `isGone`: the turn is not there any more, and this is the end of the chat.
     */
    async messagesAround(chatId: string, turnId: string, signal: AbortSignal): Promise<MessagesAround> {
      const messages = await this.messages(chatId, signal);
      if (messages.some((message) => message.turnId === turnId)) return { messages };
      const path = `${chatPath(chatId)}/messages?${new URLSearchParams({ around: turnId }).toString()}`;
      const around = () => get(path, messagesSchema, signal);
      const found = await onItsBranch(around, () => this.showTurn(chatId, turnId, signal));
      if (found === undefined) return { messages, isGone: true };
      return { messages: toMessages(found.data), ...(found.cut && { cut: true }) };
    },
    /** The picture of an exchange as the server keeps it; undefined when it has none. */
    picture: (chatId: string, turnId: string, signal: AbortSignal) =>
      get(`${turnPath(chatId, turnId)}/picture`, pictureSchema, signal).then(toImage, undefinedIfGone),
    /** The files of an exchange, with their texts; undefined when it has none. */
    files: (chatId: string, turnId: string, signal: AbortSignal) =>
      get(`${turnPath(chatId, turnId)}/files`, filesSchema, signal).then(
        ({ data }) => data.map(({ text, ...file }) => ({ ...toFile(file), text })),
        undefinedIfGone,
      ),
    /** Shows, of a chat's branches, the one through this turn that was asked last. */
    async showTurn(chatId: string, turnId: string, signal: AbortSignal): Promise<void> {
      const body = JSON.stringify({ shown_turn_id: turnId });
      await change({ method: "PUT", path: chatPath(chatId), body }, signal);
    },
    /** Deletes an exchange; what followed it follows the one before. */
    async removeTurn(chatId: string, turnId: string, signal: AbortSignal): Promise<void> {
      await change({ method: "DELETE", path: turnPath(chatId, turnId) }, signal);
    },
    /** Brings an exchange back within 10 s after it was deleted. */
    async restoreTurn(chatId: string, turnId: string, signal: AbortSignal): Promise<void> {
      await change({ method: "POST", path: `${turnPath(chatId, turnId)}/restore` }, signal);
    },
    /** Full-text search in one chat or, without `chatId`, in all. */
    async search(
      query: string,
      chatId: string | undefined,
      signal: AbortSignal,
    ): Promise<readonly HistoryHit[]> {
      const scope = chatId === undefined ? { scope: "all" } : { scope: "current", chat_id: chatId };
      const asked = { q: query, ...scope, limit: String(SEARCH_HITS), context_turns: "0" };
      const path = `/v1/chats/search?${new URLSearchParams(asked).toString()}`;
      const { results } = await get(path, searchSchema, signal);
      return results.map((hit) => ({
        chatId: hit.session_id,
        chatTitle: hit.session_title,
        createdAtMs: hit.hit_created_at,
        score: hit.score,
        headline: hit.headline,
        highlights: hit.highlights,
        ...(hit.turn_id !== undefined && { turnId: hit.turn_id }),
      }));
    },
    /** Names of the models that may be asked, the one that answers first. */
    async models(signal: AbortSignal, chatId?: string): Promise<readonly string[]> {
      const query = chatId === undefined ? "" : `?${new URLSearchParams({ chat_id: chatId }).toString()}`;
      return (await get(`/v1/models${query}`, modelsSchema, signal)).data.map(({ id }) => id);
    },
    /** @param chatId undefined: for all chats without a choice of their own */
    async chooseModel(model: string, chatId: string | undefined, signal: AbortSignal): Promise<void> {
      const body = JSON.stringify(chatId === undefined ? { model } : { model, chat_id: chatId });
      await change({ method: "PUT", path: "/v1/models/chosen", body }, signal);
    },
    /** Name of the language model that answers in a chat; null when the server has only its built-in answers. */
    async modelName(signal: AbortSignal, chatId?: string): Promise<string | null> {
      // Not `/v1/status`, which makes the voice speak, and the operator may pay for that.
      const [model] = await this.models(signal, chatId);
      return model === undefined || model === BUILT_IN_MODEL ? null : model;
    },
  };
}

function toImage({ width, height, jpeg }: z.infer<typeof pictureSchema>): ScreenImage {
  const bytes = Uint8Array.from(atob(jpeg), (char) => char.charCodeAt(0));
  return { bytes, widthPx: width, heightPx: height };
}

/** What is asked for around a turn, after that has been shown if need be; undefined: it is gone. */
async function onItsBranch<T>(ask: () => Promise<T>, show: () => Promise<void>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (reason) {
    if (PipitError.from(reason).field !== "around") throw reason;
  }
  try {
    await show();
  } catch (reason) {
    if (PipitError.from(reason).field === "shown_turn_id") return undefined;
    throw reason;
  }
  return await ask();
}

function undefinedIfGone(reason: unknown): undefined {
  if (PipitError.from(reason).code !== "CHAT_NOT_FOUND") throw reason;
}

function turnPath(chatId: string, turnId: string): string {
  return `${chatPath(chatId)}/turns/${encodeURIComponent(turnId)}`;
}
