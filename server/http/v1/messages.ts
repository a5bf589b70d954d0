import { z } from "zod";
import { type AttachedFile, type SentFile, withoutText } from "#contract/attached-file.ts";
import type { MessagePart } from "#contract/chat-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { reader, writer } from "#server/domain/access/access.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import { invalidField } from "#server/domain/invalid-field.ts";
import type { Memory } from "#server/domain/memories/ports.ts";
import type { HistoryTurn, Turn } from "#server/domain/chats/ports.ts";
import { idField, idInPath, readParameters, readQuery, wholeNumber } from "../kit/parameters.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { route, type CallerRoute } from "../kit/route.ts";
import { findChat } from "./chats.ts";

const DEFAULT_TURNS = 100;
const MAX_TURNS = 500;
/** How many turns come after the one that `around` names; the others come before it. */
const NEWER_TURNS = 10;
const id = idField();
const messagesQuery = z
  .object({
    limit: wholeNumber(1, MAX_TURNS).default(DEFAULT_TURNS),
    before: id.optional(),
    around: id.optional(),
  })
  .refine(({ before, around }) => before === undefined || around === undefined, {
    path: ["around"],
    message: "cannot stand beside before",
  });
const summaryQuery = z.object({ before: id.optional() });
const turnParameters = idInPath.extend({ turn_id: id });

/** What a person did to an answer is no cancelled call to them. */
const statuses = { running: "running", done: "done", failed: "failed", cancelled: "stopped" } as const;

/**
 * `GET /v1/chats/{id}/messages?limit=&before=&around=`: the last `limit` turns of the shown path, or of those that the
 * turn `before` follows, or the turn `around` with those beside it, as messages, oldest first. Below it, the turns
 * themselves.
 */
export function messagesRoutes({
  store: { chats, turns, summaries, auth },
  turns: answers,
}: HttpContext): readonly CallerRoute[] {
  return [
    route("GET", "/v1/chats/:id/messages", reader, async (request, caller) => {
      const { id: chatId } = readParameters(idInPath, request.params);
      const { limit, before, around } = readQuery(messagesQuery, request);
      await findChat(chats, caller.userId, chatId);
      const remembered = await rememberedOf(auth, caller);
      const messagesOf = (path: readonly HistoryTurn[]) =>
        path.toReversed().flatMap((turn) => toMessages(turn, remembered.get(turn.turn.id)));
      if (around === undefined) {
        return { data: messagesOf(await turns.history(caller.userId, chatId, limit, before)) };
      }
      const newer = Math.min(NEWER_TURNS, limit - 1);
      const found = await turns.historyAround(caller.userId, chatId, around, { limit, newer });
      if (found === undefined) throw invalidField("around", "is not on the path that is shown.");
      return { data: messagesOf(found.path), cut: found.isCut };
    }),
    route("GET", "/v1/chats/:id/summary", reader, async (request, caller) => {
      const { id: chatId } = readParameters(idInPath, request.params);
      const { before } = readQuery(summaryQuery, request);
      const { headTurnId } = await findChat(chats, caller.userId, chatId);
      const last = before ?? headTurnId;
      const summary = last === undefined ? undefined : await summaries.before(caller.userId, chatId, last);
      if (summary === undefined) {
        throw new PipitError("CHAT_NOT_FOUND", "Nothing of this chat is summarised", { field: "id" });
      }
      const { turnId, text, createdAtMs } = summary;
      return { turn_id: turnId, text, created_at: new Date(createdAtMs).toISOString() };
    }),
    route("GET", "/v1/chats/:id/turns/:turn_id/picture", reader, async (request, caller, reply) => {
      const { id: chatId, turn_id: turnId } = readParameters(turnParameters, request.params);
      await findChat(chats, caller.userId, chatId);
      const picture = await turns.picture(caller.userId, chatId, turnId);
      if (picture === undefined) {
        throw new PipitError("CHAT_NOT_FOUND", "There is no such picture", { field: "turn_id" });
      }
      // A turn that is asked again may get another one.
      reply.header("cache-control", "private, no-cache").header("vary", "accept");
      const jpeg = Buffer.from(picture.jpeg);
      // For clients whose HTTP carries texts.
      if (request.headers.accept === "application/json") {
        return { width: picture.width, height: picture.height, jpeg: jpeg.toString("base64") };
      }
      reply.header("content-type", "image/jpeg");
      return jpeg;
    }),
    route("GET", "/v1/chats/:id/turns/:turn_id/files", reader, async (request, caller) => {
      const { id: chatId, turn_id: turnId } = readParameters(turnParameters, request.params);
      await findChat(chats, caller.userId, chatId);
      const files = (await turns.files(caller.userId, chatId, [turnId])).get(turnId);
      if (files === undefined) {
        throw new PipitError("CHAT_NOT_FOUND", "There are no such files", { field: "turn_id" });
      }
      return { data: files.map(toFileBody) };
    }),
    route("DELETE", "/v1/chats/:id/turns/:turn_id", writer, async (request, caller, reply) => {
      const { id: chatId, turn_id: turnId } = readParameters(turnParameters, request.params);
      await turns.remove(caller.userId, chatId, turnId);
      answers.stopDeleted({ chatId, turnId });
      reply.code(204);
    }),
    route("POST", "/v1/chats/:id/turns/:turn_id/restore", writer, async (request, caller, reply) => {
      const { id: chatId, turn_id: turnId } = readParameters(turnParameters, request.params);
      await turns.restore(caller.userId, chatId, turnId);
      reply.code(204);
    }),
  ];
}

/** What is remembered of what the caller said, by turn; nothing for an API key, which knows of no memories. */
async function rememberedOf(
  { memories }: HttpContext["store"]["auth"],
  { userId, apiKeyId }: Caller,
): Promise<ReadonlyMap<string | undefined, readonly Memory[]>> {
  if (apiKeyId !== undefined) return new Map();
  return Map.groupBy((await memories.list(userId)).toReversed(), ({ sourceTurn }) => sourceTurn);
}

/** A question, and its answer once there is something of it. */
export function toMessages(
  { turn, siblings, picture }: HistoryTurn,
  remembered: readonly Memory[] = [],
): readonly Record<string, unknown>[] {
  const url = `/v1/chats/${encodeURIComponent(turn.chatId)}/turns/${encodeURIComponent(turn.id)}/picture`;
  const question = {
    ...toMessage(turn, "user", [{ kind: "text", text: turn.userText }], turn.createdAtMs),
    client_message_id: turn.clientMessageId ?? null,
    parent_turn_id: turn.parentTurnId ?? null,
    ...(siblings.length > 1 && { siblings }),
    ...(picture !== undefined && { picture: { ...picture, url } }),
    ...(turn.files.length > 0 && { files: turn.files.map(toSentFile) }),
    step_data: { had_image: turn.hadImage },
  };
  if (turn.parts.length === 0) return [question];
  const answer = {
    ...toMessage(turn, "assistant", turn.parts, turn.finishedAtMs ?? turn.createdAtMs),
    usage: { input_tokens: turn.inputTokens, output_tokens: turn.outputTokens },
    ...(remembered.length > 0 && {
      remembered: remembered.map(({ id: memoryId, text }) => ({ id: memoryId, text })),
    }),
    step_data: { status: turn.status, model: turn.model ?? null },
  };
  return [question, answer];
}

/** A file with its text. */
export function toFileBody(file: AttachedFile): Record<string, unknown> {
  return { ...toSentFile(withoutText(file)), text: file.text };
}

function toSentFile({ name, mediaType, sizeBytes, pages, chars, cut }: SentFile): Record<string, unknown> {
  return { name, media_type: mediaType, bytes: sizeBytes, pages: pages ?? null, chars, cut };
}

function toMessage(turn: Turn, role: "user" | "assistant", parts: readonly MessagePart[], atMs: number) {
  return {
    id: `${turn.id}:${role}`,
    turn_id: turn.id,
    role,
    content: { role, content: parts.map(toContent) },
    message_type: "message",
    status: statuses[turn.status],
    ...(turn.failure !== undefined && { failure: turn.failure }),
    step_number: turn.index,
    created_at: new Date(atMs).toISOString(),
  };
}

function toContent(part: MessagePart): Record<string, unknown> {
  if (part.kind !== "tool") {
    const { kind: type, ...said } = part;
    return { type, ...said };
  }
  const { kind: type, callId, ...call } = part;
  return { type, call_id: callId, ...call };
}
