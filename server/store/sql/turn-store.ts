import { sql, type Kysely, type Transaction } from "kysely";
import type { BeginTurn, SearchHit, Turn, TurnStatus, TurnStore } from "#server/domain/chats/ports.ts";
import { chatNotFound } from "./chat-store.ts";
import type { Tables, TurnRow } from "./schema.ts";
import { headline, literalHeadline, queryTerms } from "../search/search-text.ts";
import { inTransaction } from "./transaction.ts";
import type { TurnIndex } from "../search/turn-index.ts";

const MAX_SEARCH_HITS = 100;
/** Longest text without a letter or digit that is looked for. */
const MAX_LITERAL_CHARS = 100;

/** A turn changes hands between our look and our update about never; several times in a row, not at all. */
const MAX_TAKE_OVER_ATTEMPTS = 3;

/** A literal, so that SQLite can prove that the index of running turns serves the query. */
const running = sql.lit("running");

/**
 * {@link TurnStore} on SQL. `begin` and `finish` throw CHAT_NOT_FOUND when the chat is gone or another user's.
 *
 * @param relaxed for beginnings and leases: until a turn is finished, its client keeps the message and asks again
 */
export function createTurnStore(db: Kysely<Tables>, relaxed: Kysely<Tables>, index: TurnIndex): TurnStore {
  return {
    begin: (request) => inTransaction(relaxed, (trx) => begin(trx, index, request)),

    async finish(turn) {
      await inTransaction(db, async (trx) => {
        const row = await trx
          .updateTable("turns")
          .set({
            status: turn.status,
            assistant_text: turn.assistantText,
            reasoning: turn.reasoning,
            model: turn.model ?? null,
            input_tokens: turn.inputTokens,
            output_tokens: turn.outputTokens,
            finished_at_ms: turn.nowMs,
          })
          .where("id", "=", turn.turnId)
          .where("owner_id", "=", turn.ownerId)
          // The first end of a turn stands: a late one must not overwrite the answer that was shown.
          .where("status", "=", "running")
          .returningAll()
          .executeTakeFirst();
        if (row === undefined) return assertExists(trx, turn.turnId);
        await touchChat(trx, row.user_id, row.chat_id, turn.nowMs);
        await index.write(trx, {
          turnId: row.id,
          chatId: row.chat_id,
          userId: row.user_id,
          userText: row.user_text,
          assistantText: row.assistant_text,
        });
      });
    },

    async renewLeases(ownerId, leaseUntilMs) {
      await relaxed
        .updateTable("turns")
        .set({ lease_until_ms: leaseUntilMs })
        .where("owner_id", "=", ownerId)
        .where("status", "=", running)
        .execute();
    },

    async endLeases() {
      await db.updateTable("turns").set({ lease_until_ms: 0 }).where("status", "=", running).execute();
    },

    async recent(userId, chatId, limit, beforeIndex) {
      const rows = await db
        .selectFrom("turns")
        .selectAll()
        .where("chat_id", "=", chatId)
        .where("user_id", "=", userId)
        .where("status", "!=", "running")
        .$if(beforeIndex !== undefined, (q) => q.where("turn_index", "<", beforeIndex ?? 0))
        .orderBy("turn_index", "desc")
        .limit(limit)
        .execute();
      return rows.map(toTurn);
    },

    async search(userId, query, options) {
      const limit = Math.min(Math.max(Math.trunc(options.limit), 0), MAX_SEARCH_HITS);
      const terms = queryTerms(query);
      if (terms.length === 0) return literalSearch(db, userId, query, options.chatId, limit);
      const wanted = { userId, chatId: options.chatId, terms, limit };
      let found = await index.find(db, { ...wanted, match: "all" });
      // A question put in words rarely has all of them in one turn.
      if (found.length === 0 && terms.length > 1) found = await index.find(db, { ...wanted, match: "any" });
      const scores = new Map(found.map(({ turnId, score }) => [turnId, score]));
      const rows =
        found.length === 0
          ? []
          : await selectHits(db, userId)
              .where("turns.id", "in", [...scores.keys()])
              .execute();
      return rows
        .map((row) =>
          toHit(row, scores.get(row.id) ?? 0, headline([row.user_text, row.assistant_text], terms)),
        )
        .toSorted((a, b) => b.score - a.score || b.createdAtMs - a.createdAtMs);
    },
  };
}

async function begin(
  trx: Transaction<Tables>,
  index: TurnIndex,
  request: BeginTurn,
): Promise<{ turn: Turn; begun: boolean }> {
  const known = await findByMessage(trx, request);
  if (known !== undefined) return takeOver(trx, index, request, known);
  // Also the lock that keeps two beginnings in one chat from taking the same index (PostgreSQL).
  await touchChat(trx, request.userId, request.chatId, request.nowMs);
  const row = await trx
    .insertInto("turns")
    .values((eb) => ({
      id: request.turnId,
      chat_id: request.chatId,
      user_id: request.userId,
      client_message_id: request.clientMessageId ?? null,
      turn_index: eb
        .selectFrom("turns")
        .select((e) => sql<number>`${e.fn.coalesce(e.fn.max("turn_index"), sql.lit(-1))} + 1`.as("next"))
        .where("chat_id", "=", request.chatId),
      user_text: request.userText,
      had_image: request.hadImage ? 1 : 0,
      created_at_ms: request.nowMs,
      ...unanswered(request),
    }))
    .onConflict((c) => c.columns(["user_id", "client_message_id"]).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row !== undefined) return { turn: toTurn(row), begun: true };
  // Another process inserted it between our look and our insert (PostgreSQL; SQLite has one writer).
  const winner = await findByMessage(trx, request);
  if (winner === undefined) throw chatNotFound();
  return takeOver(trx, index, request, winner);
}

async function findByMessage(trx: Transaction<Tables>, request: BeginTurn): Promise<TurnRow | undefined> {
  if (request.clientMessageId === undefined) return undefined;
  return trx
    .selectFrom("turns")
    .selectAll()
    .where("user_id", "=", request.userId)
    .where("client_message_id", "=", request.clientMessageId)
    .executeTakeFirst();
}

/** Restarts a known turn if no server is answering or has answered it; the guard is in the UPDATE itself. */
async function takeOver(
  trx: Transaction<Tables>,
  index: TurnIndex,
  request: BeginTurn,
  known: TurnRow,
): Promise<{ turn: Turn; begun: boolean }> {
  let seen = known;
  for (let attempt = 0; attempt < MAX_TAKE_OVER_ATTEMPTS; attempt++) {
    const row = await restart(trx, request, known.id);
    if (row !== undefined) {
      await index.remove(trx, row.id);
      await touchChat(trx, row.user_id, row.chat_id, request.nowMs);
      return { turn: toTurn(row), begun: true };
    }
    // Another process may have taken it, or ended it, since we looked (PostgreSQL): tell what it is now.
    const now = await trx.selectFrom("turns").selectAll().where("id", "=", known.id).executeTakeFirst();
    if (now === undefined) throw chatNotFound();
    seen = now;
    if (now.status === "running" || now.status === "done") break;
  }
  return { turn: toTurn(seen), begun: false };
}

/** A turn that is asked, or asked again: it has no answer yet, and the server that asks holds it. */
function unanswered({ ownerId, nowMs, leaseMs }: BeginTurn) {
  return {
    status: "running",
    assistant_text: "",
    reasoning: "",
    model: null,
    input_tokens: 0,
    output_tokens: 0,
    owner_id: ownerId,
    lease_until_ms: nowMs + leaseMs,
    finished_at_ms: null,
  };
}

async function restart(
  trx: Transaction<Tables>,
  request: BeginTurn,
  turnId: string,
): Promise<TurnRow | undefined> {
  return trx
    .updateTable("turns")
    .set(unanswered(request))
    .where("id", "=", turnId)
    .where((eb) =>
      eb.or([
        eb("status", "in", ["failed", "cancelled"]),
        eb.and([eb("status", "=", "running"), eb("lease_until_ms", "<=", request.nowMs)]),
      ]),
    )
    .returningAll()
    .executeTakeFirst();
}

async function touchChat(
  trx: Transaction<Tables>,
  userId: string,
  chatId: string,
  nowMs: number,
): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable("chats")
    .set({ updated_at_ms: nowMs })
    .where("id", "=", chatId)
    .where("user_id", "=", userId)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw chatNotFound();
}

async function assertExists(trx: Transaction<Tables>, turnId: string): Promise<void> {
  const row = await trx.selectFrom("turns").select("id").where("id", "=", turnId).executeTakeFirst();
  if (row === undefined) throw chatNotFound();
}

function selectHits(db: Kysely<Tables>, userId: string) {
  return db
    .selectFrom("turns")
    .innerJoin("chats", "chats.id", "turns.chat_id")
    .selectAll("turns")
    .select("chats.title as chat_title")
    .where("turns.user_id", "=", userId);
}

/** For "???" or an emoji: the very characters, newest first. Blank queries find nothing. */
async function literalSearch(
  db: Kysely<Tables>,
  userId: string,
  query: string,
  chatId: string | undefined,
  limit: number,
): Promise<readonly SearchHit[]> {
  const needle = query.trim().slice(0, MAX_LITERAL_CHARS);
  if (needle === "") return [];
  const pattern = `%${needle.replace(/[\\%_]/g, "\\$&")}%`;
  const rows = await selectHits(db, userId)
    .where("status", "!=", "running")
    .where(
      sql<boolean>`(user_text like ${pattern} escape '\\' or assistant_text like ${pattern} escape '\\')`,
    )
    .$if(chatId !== undefined, (q) => q.where("chat_id", "=", chatId ?? ""))
    .orderBy("turns.created_at_ms", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => toHit(row, 0, literalHeadline([row.user_text, row.assistant_text], needle)));
}

function toHit(
  { chat_title: chatTitle, ...row }: TurnRow & { chat_title: string },
  score: number,
  text: string,
): SearchHit {
  return {
    chatId: row.chat_id,
    chatTitle,
    turnId: row.id,
    turnIndex: row.turn_index,
    createdAtMs: row.created_at_ms,
    score,
    headline: text,
    turn: toTurn(row),
  };
}

const statuses: readonly TurnStatus[] = ["running", "done", "failed", "cancelled"];

function toTurn(row: TurnRow): Turn {
  return {
    id: row.id,
    chatId: row.chat_id,
    userId: row.user_id,
    clientMessageId: row.client_message_id ?? undefined,
    index: row.turn_index,
    userText: row.user_text,
    hadImage: row.had_image === 1,
    assistantText: row.assistant_text,
    reasoning: row.reasoning,
    status: statuses.find((status) => status === row.status) ?? "failed",
    model: row.model ?? undefined,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    ownerId: row.owner_id,
    leaseUntilMs: row.lease_until_ms,
    createdAtMs: row.created_at_ms,
    finishedAtMs: row.finished_at_ms ?? undefined,
  };
}
