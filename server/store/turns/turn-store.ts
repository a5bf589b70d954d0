import { sql, type Kysely, type Transaction } from "kysely";
import { beginningOf, isLong, textValue } from "../sql/long-text.ts";
import { answerLost } from "#server/domain/chats/answer-lost.ts";
import type { FinishTurn, TurnStore } from "#server/domain/chats/ports.ts";
import { chatNotFound } from "./chat-store.ts";
import { leaseEnd, leaseIsOver, type DatabaseTime } from "../sql/database-time.ts";
import type { Tables } from "../sql/schema.ts";
import { addUse } from "../usage/token-use-store.ts";
import type { SyncLog } from "../sync/sync-log.ts";
import { beginTurn, touched } from "./turn-begin.ts";
import { removeTurn, restoreTurn } from "./turn-removal.ts";
import { INDEXED_AT_ONCE_CHARS, NO_ANSWER, storedParts, toIndexed } from "./turn-rows.ts";
import { searchTurns } from "./turn-search.ts";
import { pathOf } from "./turn-path.ts";
import { filesOf, historyAround, historyOf, pictureOf, turnsAround, turnsInOrder } from "./turn-tree.ts";
import type { TurnIndex } from "../search/turn-index.ts";

/** A literal, so that SQLite can prove that the index of running turns serves the query. */
const running = sql.lit("running");

/**
 * {@link TurnStore} on SQL. `begin` throws CHAT_NOT_FOUND when the chat is gone or another user's, `finish` for an unknown turn.
 *
 * @param relaxed for beginnings and leases: until a turn is finished, its client keeps the message and asks again
 * @param roomy for long answers: it writes off the event loop
 * @param ending for the other ends of turns: nobody asks again for an answer that was not stored
 * @param searching for searches in a large index, and ways through long chats: it reads off the event loop
 * @param onIncomplete called when the index knows only how an answer begins
 */
export function createTurnStore(
  db: Kysely<Tables>,
  {
    relaxed,
    roomy,
    ending,
    searching,
  }: Readonly<Record<"relaxed" | "roomy" | "ending" | "searching", Kysely<Tables>>>,
  index: TurnIndex,
  time: DatabaseTime,
  sync: SyncLog,
  onIncomplete: () => void,
): TurnStore {
  const walker = async () => ((await index.isLarge(db)) ? searching : db);
  return {
    begin: (request) =>
      sync.transaction(relaxed, async (trx) => {
        const result = await beginTurn(trx, index, time, request);
        const { id: turnId, chatId, userId } = result.turn;
        if (result.begun) await sync.note(trx, { userId, kind: "turn.begun", chatId, turnId });
        return result;
      }),

    async finish(turn) {
      const isWhole = await finishTurn({ ending, roomy }, index, time, sync, turn);
      if (!isWhole) onIncomplete();
    },

    async renewLeases(ownerId, turnIds, leaseMs) {
      await relaxed
        .updateTable("turns")
        .set({ lease_until_ms: leaseEnd(time, leaseMs) })
        .where("id", "in", turnIds)
        .where("owner_id", "=", ownerId)
        .where("status", "=", running)
        .execute();
    },

    async lost(answeredIds, limit) {
      const rows = await db
        .selectFrom("turns")
        .select(["id", "owner_id"])
        .where("status", "=", running)
        .where(leaseIsOver(time))
        .$if(answeredIds.length > 0, (query) => query.where("id", "not in", answeredIds))
        .limit(limit)
        .execute();
      return rows.map(({ id, owner_id: ownerId }) => ({ id, ownerId }));
    },

    async endLeases() {
      await db.updateTable("turns").set({ lease_until_ms: 0 }).where("status", "=", running).execute();
    },

    recent: (userId, chatId, limit, before) => pathOf(db, userId, chatId, limit, before),

    inOrder: (userId, chatId, limit, afterIndex) => turnsInOrder(db, userId, chatId, limit, afterIndex),

    history: (userId, chatId, limit, before) => historyOf(db, userId, chatId, limit, before),
    async historyAround(userId, chatId, turnId, options) {
      return historyAround(db, userId, chatId, turnId, { ...options, walker: await walker() });
    },
    around: async (userId, chatId, turnId, options) =>
      turnsAround(await walker(), userId, chatId, turnId, options),

    files: (userId, chatId, turnIds) => filesOf(db, userId, chatId, turnIds),
    picture: (userId, chatId, turnId) => pictureOf(db, userId, chatId, turnId),

    remove: (userId, chatId, turnId) =>
      sync.change(db, { userId, kind: "turn.changed", chatId }, (trx) =>
        removeTurn(trx, index, time, userId, chatId, turnId),
      ),

    async restore(userId, chatId, turnId) {
      const isIncomplete = await sync.change(db, { userId, kind: "turn.changed", chatId }, (trx) =>
        restoreTurn(trx, index, time, userId, chatId, turnId),
      );
      if (isIncomplete) onIncomplete();
    },

    search: (userId, query, options) => searchTurns({ db, roomy: searching }, index, userId, query, options),
  };
}

/** `TurnStore.finish`. Resolves to whether the index knows all of the answer. */
async function finishTurn(
  { ending, roomy }: Readonly<Record<"ending" | "roomy", Kysely<Tables>>>,
  index: TurnIndex,
  time: DatabaseTime,
  sync: SyncLog,
  turn: FinishTurn,
): Promise<boolean> {
  const { assistantText, reasoning, ifLost = false } = turn;
  const beginning = beginningOf(assistantText, INDEXED_AT_ONCE_CHARS);
  const texts = {
    assistant_text: await textValue(assistantText),
    reasoning: await textValue(reasoning),
  };
  await sync.transaction(isLong(assistantText) || isLong(reasoning) ? roomy : ending, async (trx) => {
    const row = await trx
      .updateTable("turns")
      .set({
        status: turn.status,
        ...texts,
        parts: storedParts(turn.parts),
        failure_code: turn.failure?.code ?? null,
        failure_message: turn.failure?.message ?? null,
        model: turn.model ?? null,
        input_tokens: turn.inputTokens,
        output_tokens: turn.outputTokens,
        finished_at_ms: turn.nowMs,
      })
      .where("id", "=", turn.turnId)
      .where("owner_id", "=", turn.ownerId)
      // The first end of a turn stands: a late one must not overwrite the answer that was shown.
      .where("status", "=", "running")
      .$if(ifLost, (query) => query.where(leaseIsOver(time)))
      .returning(["id", "chat_id", "user_id", "user_text", "created_at_ms", "deleted_at_ms"])
      .executeTakeFirst();
    if (row === undefined) return assertNotLost(trx, turn);
    await countTurn(trx, row, turn);
    const chat = await touched(trx, row.user_id, row.chat_id, ifLost ? undefined : turn.nowMs, "shown");
    if (chat !== undefined && row.deleted_at_ms === null) {
      await index.write(trx, {
        ...toIndexed({ ...row, assistant_text: beginning.text }),
        goesOn: !beginning.isWhole,
      });
      const { id: turnId, chat_id: chatId, user_id: userId } = row;
      return sync.note(trx, { userId, kind: "turn.finished", chatId, turnId });
    }
    // Deleted while it was answered: if it is restored, it can be asked again.
    const cancelled = { ...NO_ANSWER, status: "cancelled" };
    await trx.updateTable("turns").set(cancelled).where("id", "=", row.id).execute();
  });
  return beginning.isWhole;
}

async function countTurn(
  trx: Transaction<Tables>,
  { user_id: userId, chat_id: chatId }: { readonly user_id: string; readonly chat_id: string },
  { used, model = "", nowMs: atMs }: FinishTurn,
): Promise<void> {
  if (used !== undefined) await addUse(trx, { ...used, userId, chatId, model, atMs });
}

/** Who has the answer is to learn that it is nowhere else, unless another has asked again. */
async function assertNotLost(
  trx: Transaction<Tables>,
  { turnId, ownerId, ifLost = false }: FinishTurn,
): Promise<void> {
  const row = await trx
    .selectFrom("turns")
    .select(["owner_id", "failure_code"])
    .where("id", "=", turnId)
    .executeTakeFirst();
  if (row === undefined) throw chatNotFound();
  if (!ifLost && row.owner_id === ownerId && row.failure_code === "ANSWER_LOST") throw answerLost();
}
