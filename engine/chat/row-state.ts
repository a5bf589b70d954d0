import * as z from "zod/mini";
import type { Failure } from "#contract/chat-state.ts";
import type { OutboxRow, RowState } from "#engine/ports.ts";

/**
 * Names of chats that were new which an outbox keeps, for the rows that a program writes before it has learned them. The
 * server knows them too.
 */
export const CHAT_NAMES_MAX = 200;

const failureSchema = z.custom<Failure>(
  (value) => z.object({ code: z.string(), message: z.string() }).safeParse(value).success,
);
const stateSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("waiting") }),
  z.object({ kind: z.literal("parked"), failure: failureSchema, sinceMs: z.number() }),
  z.object({ kind: z.literal("cancelled") }),
]);

/**
 * The state of a stored row. One that this version cannot read (a newer Pipit may have written it) is parked: the message
 * is neither sent nor lost before the person has decided.
 */
export function readRowState(stored: unknown, { createdAtMs }: Pick<OutboxRow, "createdAtMs">): RowState {
  const state = stateSchema.safeParse(stored);
  if (state.success) return state.data;
  const message = "What was to become of this message cannot be read. Send it again, change it or remove it.";
  return {
    kind: "parked",
    failure: { code: "INTERNAL", message, retryable: true },
    sinceMs: createdAtMs,
  };
}
