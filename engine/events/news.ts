import * as z from "zod/mini";
import type { ChangeKind } from "#contract/event-wire.ts";

/** What the server told of an account, or "all": anything may be another one than it was. */
export interface News {
  /** One that this program does not know is no fault. */
  readonly kind: ChangeKind | "all";
  readonly chatId?: string | undefined;
  readonly turnId?: string | undefined;
}

/** News, with what the server is shown to go on from there. */
export interface NumberedNews extends News {
  readonly cursor: string;
}

const messageSchema = z.object({
  type: z.enum(["snapshot", "event", "resync"]),
  cursor: z.string(),
  kind: z.optional(z.string()),
  chat_id: z.optional(z.string()),
  turn_id: z.optional(z.string()),
});

const changesSchema = z.object({ data: z.array(z.unknown()), more: z.boolean() });

/** What a message of the server says; undefined when it is none of these. */
export function newsIn(message: unknown): NumberedNews | undefined {
  const { data } = messageSchema.safeParse(message);
  if (data === undefined) return undefined;
  const { type, cursor, kind = "", chat_id: chatId, turn_id: turnId } = data;
  return { kind: type === "event" ? (kind as ChangeKind) : "all", cursor, chatId, turnId };
}

/** The same of an answer to `GET /v1/changes`; undefined when it is another one. */
export function newsInAnswer(answer: unknown) {
  const { data } = changesSchema.safeParse(answer);
  return data && { news: data.data.flatMap((message) => newsIn(message) ?? []), more: data.more };
}
