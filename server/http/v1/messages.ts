import { z } from "zod";
import { reader } from "#server/domain/access/access.ts";
import type { Turn } from "#server/domain/chats/ports.ts";
import { readParameters, wholeNumber } from "../kit/parameters.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { route, type CallerRoute } from "../kit/route.ts";
import { chatParameters, findChat } from "./chats.ts";

const DEFAULT_TURNS = 100;
const MAX_TURNS = 500;
const messagesQuery = z.object({
  limit: wholeNumber(1, MAX_TURNS).default(DEFAULT_TURNS),
  before: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
});

/**
 * `GET /v1/chats/{id}/messages?limit=&before=`: the last `limit` turns before turn number `before` as messages, oldest
 * first. `step_number` is the turn's number: the smallest one is the next `before`.
 */
export function messagesRoute({ store }: HttpContext): CallerRoute {
  return route("GET", "/v1/chats/:id/messages", reader, async (request, caller) => {
    const { id } = readParameters(chatParameters, request.params);
    const { limit, before } = readParameters(messagesQuery, request.query);
    await findChat(store.chats, caller.userId, id);
    const turns = await store.turns.recent(caller.userId, id, limit, before);
    return { data: turns.toReversed().flatMap(toMessages) };
  });
}

function toMessages(turn: Turn): readonly Record<string, unknown>[] {
  const question = toMessage(turn, "user", turn.userText, turn.createdAtMs);
  if (turn.assistantText === "" && turn.reasoning === "") return [question];
  return [question, toMessage(turn, "assistant", turn.assistantText, turn.finishedAtMs ?? turn.createdAtMs)];
}

function toMessage(
  turn: Turn,
  role: "user" | "assistant",
  text: string,
  atMs: number,
): Record<string, unknown> {
  return {
    id: `${turn.id}:${role}`,
    role,
    content: { role, content: [{ type: "text", text }] },
    message_type: "message",
    step_number: turn.index,
    step_data:
      role === "user"
        ? { had_image: turn.hadImage }
        : { status: turn.status, model: turn.model ?? null, reasoning: turn.reasoning || null },
    created_at: new Date(atMs).toISOString(),
  };
}
