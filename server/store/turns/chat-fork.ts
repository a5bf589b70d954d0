import { randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import { TITLE_MAX_CHARS } from "#contract/limits.ts";
import type { Fork } from "#server/domain/chats/ports.ts";
import { COPIED_OWNER } from "#server/domain/imports/imported-chat.ts";
import { invalidField } from "#server/domain/invalid-field.ts";
import type { TurnIndex } from "../search/turn-index.ts";
import type { ChatRow, Tables, TurnRow } from "../sql/schema.ts";
import { pathIdsTo } from "./turn-path.ts";

/** Turns that one statement copies. */
const BATCH_TURNS = 200;

interface Copy {
  readonly original: string;
  readonly copy: string;
}

type OwnColumn =
  | "id"
  | "chat_id"
  | "client_message_id"
  | "parent_turn_id"
  | "turn_index"
  | "owner_id"
  | "lease_until_ms"
  | "deleted_at_ms"
  | "undo";

/** The columns that a copied turn has as the original has them. */
const common: Readonly<Record<Exclude<keyof TurnRow, OwnColumn>, true>> = {
  user_id: true,
  user_text: true,
  had_image: true,
  files: true,
  assistant_text: true,
  reasoning: true,
  parts: true,
  status: true,
  failure_code: true,
  failure_message: true,
  model: true,
  input_tokens: true,
  output_tokens: true,
  created_at_ms: true,
  finished_at_ms: true,
};

/** `ChatStore.fork`, in the caller's transaction: resolves to the row of the new chat; undefined for a chat that is not there. */
export async function forkChat(
  trx: Transaction<Tables>,
  index: TurnIndex,
  userId: string,
  chatId: string,
  { turnId, id, nowMs }: Fork,
): Promise<ChatRow | undefined> {
  const chat = await trx
    .selectFrom("chats")
    .selectAll()
    .where("id", "=", chatId)
    .where("user_id", "=", userId)
    .where("deleted_at_ms", "is", null)
    .executeTakeFirst();
  if (chat === undefined) return undefined;
  const path = await pathIdsTo(trx, userId, chatId, turnId);
  if (path.length === 0) throw notCopied();
  const copies = path.map((original) => ({ original, copy: randomUUID() }));
  const row = {
    ...chat,
    id,
    title: titleOfCopy(chat.title),
    head_turn_id: copies.at(-1)?.copy ?? null,
    pinned: 0,
    archived: 0,
    unread: 0,
    created_at_ms: nowMs,
    updated_at_ms: nowMs,
    // Its file is yet to be written.
    changes: 1,
    filed_changes: 0,
    imported_at_ms: null,
  };
  await trx.insertInto("chats").values(row).execute();
  for (let start = 0; start < copies.length; start += BATCH_TURNS) {
    await copyTurns(trx, index, row, copies, start);
  }
  await trx
    .insertInto("model_choices")
    .columns(["user_id", "chat_id", "model"])
    .expression((eb) =>
      eb
        .selectFrom("model_choices")
        .select(["user_id", sql<string>`cast(${id} as text)`.as("chat_id"), "model"])
        .where("user_id", "=", userId)
        .where("chat_id", "=", chatId),
    )
    .execute();
  return row;
}

async function copyTurns(
  trx: Transaction<Tables>,
  index: TurnIndex,
  { id: chatId, user_id: userId }: ChatRow,
  copies: readonly Copy[],
  start: number,
): Promise<void> {
  const batch = copies.slice(start, start + BATCH_TURNS);
  const places = batch.map(({ original, copy }, n) => {
    const parent = copies[start + n - 1]?.copy ?? null;
    return sql`(${original}, ${copy}, cast(${parent} as text), cast(${start + n} as integer))`;
  });
  const map = sql`with map (original, copy, parent, place) as (values ${sql.join(places)})`;
  const columns = Object.keys(common);
  const { numAffectedRows } = await sql`
    insert into turns (${sql.join(columns.map((name) => sql.ref(name)))},
      id, chat_id, parent_turn_id, turn_index, owner_id, lease_until_ms)
    ${map} select ${sql.join(columns.map((name) => sql.ref(`turns.${name}`)))},
      map.copy, ${chatId}, map.parent, map.place, ${COPIED_OWNER}, 0
    from map join turns on turns.id = map.original
    where turns.deleted_at_ms is null and turns.status <> 'running'`.execute(trx);
  // One of them was deleted meanwhile, or is asked again.
  if (numAffectedRows !== BigInt(batch.length)) throw notCopied();
  await sql`insert into turn_pictures (turn_id, width, height, jpeg)
    ${map} select map.copy, width, height, jpeg from map join turn_pictures on turn_id = map.original`.execute(
    trx,
  );
  await sql`insert into turn_files (turn_id, texts)
    ${map} select map.copy, texts from map join turn_files on turn_id = map.original`.execute(trx);
  const ids = batch.map(({ copy }) => copy);
  await index.announce(trx, { userId, chatId }, ids);
}

function notCopied() {
  return invalidField("turn_id", "must be an exchange of this chat whose answer has ended.");
}

/** "Sums", "Sums (2)", "Sums (3)". */
function titleOfCopy(title: string): string {
  if (title === "") return "";
  const { name = title, number = "1" } = /^(?<name>.*) \((?<number>\d{1,4})\)$/su.exec(title)?.groups ?? {};
  const end = ` (${Number(number) + 1})`;
  return name.slice(0, TITLE_MAX_CHARS - end.length) + end;
}
