import type { SentFile } from "#contract/attached-file.ts";
import type { MessagePart } from "#contract/chat-state.ts";
import type { Turn, TurnStatus } from "#server/domain/chats/ports.ts";
import type { TurnRow } from "../sql/schema.ts";

/** Text and reasoning are stored once, in columns of their own: of their pieces only the lengths are kept. */
type TextKind = "text" | "reasoning";
type StoredPart =
  | Exclude<MessagePart, { readonly kind: TextKind }>
  | { readonly kind: TextKind; readonly chars: number };

/** So much can be found as soon as it is stored; the rest a little later. */
export const INDEXED_AT_ONCE_CHARS = 65_536;

const statuses: readonly TurnStatus[] = ["running", "done", "failed", "cancelled"];

/** The columns of a turn that was not answered. */
export const NO_ANSWER = {
  assistant_text: "",
  reasoning: "",
  parts: null,
  failure_code: null,
  failure_message: null,
  model: null,
};

type IndexedRow = Pick<
  TurnRow,
  "id" | "chat_id" | "user_id" | "user_text" | "assistant_text" | "created_at_ms"
>;

/** What of a turn is looked for. */
export function toIndexed(row: IndexedRow) {
  return {
    turnId: row.id,
    chatId: row.chat_id,
    userId: row.user_id,
    userText: row.user_text,
    assistantText: row.assistant_text,
    createdAtMs: row.created_at_ms,
  };
}

export function toTurn(row: TurnRow): Turn {
  return {
    id: row.id,
    chatId: row.chat_id,
    userId: row.user_id,
    clientMessageId: row.client_message_id ?? undefined,
    parentTurnId: row.parent_turn_id ?? undefined,
    index: row.turn_index,
    userText: row.user_text,
    hadImage: row.had_image === 1,
    files: storedFiles(row.files),
    assistantText: row.assistant_text,
    reasoning: row.reasoning,
    parts: partsOf(row, row.parts),
    status: statuses.find((status) => status === row.status) ?? "failed",
    failure: failureOf(row),
    model: row.model ?? undefined,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    ownerId: row.owner_id,
    leaseUntilMs: row.lease_until_ms,
    createdAtMs: row.created_at_ms,
    finishedAtMs: row.finished_at_ms ?? undefined,
  };
}

/** `turns.files` as it was written. */
export function storedFiles(files: string | null): readonly SentFile[] {
  return files === null ? [] : (JSON.parse(files) as readonly SentFile[]);
}

function failureOf({ failure_code: code, failure_message: message }: TurnRow): Turn["failure"] {
  return code === null || message === null ? undefined : { code, message };
}

/** Null where reasoning and text are all there is, in this order. */
export function storedParts(parts: readonly MessagePart[] | undefined): string | null {
  if (parts === undefined) return null;
  const kinds = parts.map(({ kind }) => kind).join(" ");
  if (["", "text", "reasoning", "reasoning text"].includes(kinds)) return null;
  const stored = parts.map((part): StoredPart => {
    const { kind } = part;
    return kind === "text" || kind === "reasoning" ? { kind, chars: part.text.length } : part;
  });
  return JSON.stringify(stored);
}

function partsOf(row: TurnRow, parts: string | null): readonly MessagePart[] {
  const texts = { reasoning: row.reasoning, text: row.assistant_text };
  if (parts === null) {
    const kinds = (["reasoning", "text"] as const).filter((kind) => texts[kind] !== "");
    return kinds.map((kind) => ({ kind, text: texts[kind] }));
  }
  const at = { reasoning: 0, text: 0 };
  return (JSON.parse(parts) as readonly StoredPart[]).map((part): MessagePart => {
    if (!("chars" in part)) return part;
    const { kind } = part;
    const from = at[kind];
    at[kind] += part.chars;
    return { kind, text: texts[kind].slice(from, at[kind]) };
  });
}
