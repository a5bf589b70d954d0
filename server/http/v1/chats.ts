import { randomUUID } from "node:crypto";
import { z } from "zod";
import { TITLE_MAX_CHARS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { reader, writer } from "#server/domain/access/access.ts";
import type { Chat, ChatStore } from "#server/domain/chats/ports.ts";
import { titleFrom } from "#server/domain/chats/title.ts";
import {
  idField,
  idInPath,
  readBody,
  readParameters,
  readQuery,
  wholeNumber,
  yesOrNo,
} from "../kit/parameters.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { route, type CallerRoute } from "../kit/route.ts";
import { cursorAfter, readCursor } from "./chat-cursor.ts";

const DEFAULT_CHATS = 100;
const MAX_CHATS = 500;
const trueOrFalse = z
  .enum(["true", "false"], "must be true or false")
  .transform((word) => word === "true")
  .optional();
const listQuery = z.object({
  limit: wholeNumber(1, MAX_CHATS).default(DEFAULT_CHATS),
  cursor: z.string("must be one text").max(1_000, "must be at most 1000 characters").optional(),
  pinned: trueOrFalse,
  archived: trueOrFalse,
  project: idField("must be one id").optional(),
});

/** A title as it is kept. */
export const titleSchema = z
  .string(`must be text of 1 to ${TITLE_MAX_CHARS} characters`)
  .max(TITLE_MAX_CHARS, `must be at most ${TITLE_MAX_CHARS} characters`)
  .transform(titleFrom)
  .refine((line) => line !== "", "must not be empty");
const projectId = idField("must be the id of a project");
const newChat = z.object({
  title: titleSchema.optional(),
  temporary: yesOrNo.optional(),
  project_id: projectId.optional(),
});
const turnText = idField("must be the id of a turn");
const forked = z.object({ turn_id: turnText });
const changes = z.object({
  title: titleSchema.optional(),
  pinned: yesOrNo.optional(),
  archived: yesOrNo.optional(),
  unread: yesOrNo.optional(),
  project_id: projectId.nullable().optional(),
  shown_turn_id: turnText.optional(),
});

/** `/v1/chats` and `/v1/chats/{id}`: the caller's chats. */
export function chatsRoutes({ store: { chats }, turns, clock }: HttpContext): readonly CallerRoute[] {
  return [
    route("GET", "/v1/chats", reader, async (request, caller) => {
      const { limit, cursor, project: projectOfThem, ...kind } = readQuery(listQuery, request);
      const filter = { ...kind, projectId: projectOfThem };
      const after = cursor === undefined ? undefined : readCursor(cursor, filter);
      // One more than asked for tells whether there is a next page.
      const found = await chats.list(caller.userId, limit + 1, { ...filter, after });
      const last = found.length > limit ? found[limit - 1] : undefined;
      return {
        data: found.slice(0, limit).map(toChatBody),
        next_cursor: last === undefined ? null : cursorAfter(last, filter),
      };
    }),
    route("POST", "/v1/chats", writer, async (request, caller, reply) => {
      const { title: asked = "", temporary = false, project_id: ofProject } = readBody(newChat, request);
      const nowMs = clock.nowMs();
      const id = randomUUID();
      const { userId } = caller;
      const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
      await chats.create({ id, userId, title: asked, temporary, projectId: ofProject, ...times });
      reply.code(201);
      return toChatBody(await findChat(chats, userId, id));
    }),
    route("GET", "/v1/chats/:id", reader, async (request, caller) => {
      const { id } = readParameters(idInPath, request.params);
      return toChatBody(await findChat(chats, caller.userId, id));
    }),
    route("PUT", "/v1/chats/:id", writer, async (request, caller) => {
      const { id } = readParameters(idInPath, request.params);
      const { shown_turn_id: shownTurnId, project_id: ofProject, ...wanted } = readBody(changes, request);
      await findChat(chats, caller.userId, id);
      return toChatBody(
        await chats.update(caller.userId, id, { ...wanted, shownTurnId, projectId: ofProject }),
      );
    }),
    route("POST", "/v1/chats/:id/fork", writer, async (request, caller, reply) => {
      const { id: chatId } = readParameters(idInPath, request.params);
      const { turn_id: turnId } = readBody(forked, request);
      const fork = { turnId, id: randomUUID(), nowMs: clock.nowMs() };
      const copy = await chats.fork(caller.userId, chatId, fork);
      reply.code(201);
      return toChatBody(copy);
    }),
    route("DELETE", "/v1/chats/:id", writer, async (request, caller, reply) => {
      const { id } = readParameters(idInPath, request.params);
      await chats.remove(caller.userId, id);
      turns.stopDeleted({ chatId: id });
      reply.code(204);
    }),
    route("POST", "/v1/chats/:id/restore", writer, async (request, caller) => {
      const { id } = readParameters(idInPath, request.params);
      return toChatBody(await chats.restore(caller.userId, id));
    }),
  ];
}

/** The caller's chat. Throws CHAT_NOT_FOUND, also for another's: another user must not learn that it exists. */
export async function findChat(chats: ChatStore, userId: string, chatId: string): Promise<Chat> {
  const chat = await chats.find(userId, chatId);
  if (chat === undefined) throw new PipitError("CHAT_NOT_FOUND", "Chat not found", { field: "id" });
  return chat;
}

export function toChatBody(chat: Chat): Record<string, unknown> {
  return {
    id: chat.id,
    title: chat.title,
    // Which model answers is told by GET /v1/models?chat_id=.
    model: "pipit",
    state: chat.archived ? "ARCHIVED" : "ACTIVE",
    pinned: chat.pinned,
    archived: chat.archived,
    ...(chat.unread && { unread: true }),
    ...(chat.temporary && { temporary: true }),
    ...(chat.projectId !== undefined && { project_id: chat.projectId }),
    head_turn_id: chat.headTurnId ?? null,
    created_at: new Date(chat.createdAtMs).toISOString(),
    updated_at: new Date(chat.updatedAtMs).toISOString(),
  };
}
