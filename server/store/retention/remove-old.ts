import { sql, type Kysely, type RawBuilder } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import { dayOf } from "#server/domain/usage/ports.ts";
import type { RemovedCounts, Retention } from "#server/domain/retention.ts";
import type { DatabaseTime } from "../sql/database-time.ts";
import type { Tables } from "../sql/schema.ts";
import { isUnusedSince } from "../turns/chat-store.ts";
import { inTransaction } from "../sql/transaction.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Rows of the first transaction of a kind, and of the smallest and the largest. */
const ROWS = { first: 100, least: 10, most: 1_000 };
/** So long a transaction is to take, since others wait for it: the next one removes fewer rows after one that took longer. */
const HOLD_MS = 15;
const CHATS_AT_ONCE = 250;
/** Some have thousands of tokens. */
const SESSIONS_AT_ONCE = 20;
/** PostgreSQL: one server removes at a time, the others find nothing to do. Any number that is no one else's. */
const LOCK = 0x9191_0031;

interface RetentionDeps {
  readonly dialect: "sqlite" | "postgres";
  readonly db: Kysely<Tables>;
  /** Writes off the event loop. */
  readonly roomy: Kysely<Tables>;
  readonly time: DatabaseTime;
  /** As its owner would; rejects when it is gone already, or was used since. */
  readonly removeChat: (userId: string, chatId: string, unusedSinceMs: number) => Promise<void>;
}

/**
 * Makes what removes all that has ended or was kept long enough, in batches; several servers may do so at once. Used refresh
 * tokens stay a while after their end, since one that is shown again tells of a thief. It ends early when its signal aborts.
 */
export function createRemoveOld(deps: RetentionDeps) {
  return (kept: Retention, signal: AbortSignal): Promise<RemovedCounts> => removeOld(deps, kept, signal);
}

async function removeOld(deps: RetentionDeps, kept: Retention, signal: AbortSignal): Promise<RemovedCounts> {
  const counts: Record<string, number> = {};
  const { rows } = await sql<{ now_ms: number }>`select ${deps.time()} as now_ms`.execute(deps.db);
  const nowMs = Number(rows[0]?.now_ms);
  const remove = async ({ kind, statement }: Removal): Promise<void> => {
    const removed = await removeInBatches(deps, statement, signal);
    if (removed > 0) counts[kind] = (counts[kind] ?? 0) + removed;
  };
  await removeEndedSessions(deps, nowMs, remove, signal);
  for (const removal of removalsOf(nowMs, kept)) await remove(removal);
  const chats =
    kept.chatsKeptDays === 0 ? 0 : await removeOldChats(deps, nowMs - kept.chatsKeptDays * DAY_MS, signal);
  return chats === 0 ? counts : { ...counts, chats };
}

/** What is removed at most so many rows at a time. */
interface Removal {
  readonly kind: string;
  /** @param since the latest time of the batch before; undefined at first */
  readonly statement: (limit: number, since: Time | undefined) => RawBuilder<{ readonly time: Time }>;
}

/** Milliseconds since the epoch, or a day (2026-11-29). */
type Time = number | string;

/**
 * @param key its columns; several in brackets
 * @param time a column, by whose index the oldest go first, each batch from where the last has ended: on PostgreSQL what was
 *   removed stays in an index until a vacuum, and would be walked anew by each
 */
function among(table: string, key: string, where: RawBuilder<unknown>, time?: string): Removal {
  const columns = sql.raw(key.replace(/[()]/g, ""));
  const at = time === undefined ? sql.lit(0) : sql.ref(time);
  return {
    kind: table,
    statement: (limit, since) => sql`delete from ${sql.table(table)} where ${sql.raw(key)} in (
      select ${columns} from ${sql.table(table)} where ${where}
        ${time === undefined || since === undefined ? sql`` : sql`and ${at} >= ${since}`}
        ${time === undefined ? sql`` : sql`order by ${at}`} limit ${sql.lit(limit)}) returning ${at} as time`,
  };
}

function removalsOf(nowMs: number, { usageKeptDays, usedTokensKeptDays }: Retention): Removal[] {
  const daysAgo = (days: number): number => nowMs - days * DAY_MS;
  const ended = (table: string, key: string): Removal =>
    among(table, key, sql`expires_at_ms <= ${nowMs}`, "expires_at_ms");
  return [
    among(
      "refresh_tokens",
      "hash",
      sql`consumed_at_ms is not null and expires_at_ms <= ${daysAgo(usedTokensKeptDays)}`,
      "expires_at_ms",
    ),
    ended("web_sessions", "hash"),
    ended("one_time_tokens", "hash"),
    ended("revoked_access_tokens", "jti"),
    ended("oidc_payloads", "(model, id_hash)"),
    ...(usageKeptDays === 0
      ? []
      : [
          among("usage_reports", "id", sql`created_at_ms <= ${daysAgo(usageKeptDays)}`, "created_at_ms"),
          among(
            "token_use",
            "(user_id, day, model, chat_id)",
            sql`day < ${dayOf(daysAgo(usageKeptDays))}`,
            "day",
          ),
        ]),
  ];
}

/** Their tokens first: those of a client that is always on are thousands, which would go with it in one statement. */
async function removeEndedSessions(
  { db }: Pick<RetentionDeps, "db">,
  nowMs: number,
  remove: (removal: Removal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let before: string | undefined;
  while (!signal.aborted) {
    const ended = await db
      .selectFrom("refresh_families")
      .select("id")
      .where("expires_at_ms", "<=", nowMs)
      .orderBy("expires_at_ms")
      .orderBy("id")
      .limit(SESSIONS_AT_ONCE)
      .execute();
    const first = ended[0]?.id;
    // None is left, or another server removes them.
    if (first === undefined || first === before) return;
    before = first;
    const ids = sql.join(ended.map(({ id }) => id));
    await remove(among("refresh_tokens", "hash", sql`family_id in (${ids})`));
    await remove(among("refresh_families", "id", sql`id in (${ids})`));
  }
}

/** Resolves to how many rows. */
async function removeInBatches(
  deps: RetentionDeps,
  statement: Removal["statement"],
  signal: AbortSignal,
): Promise<number> {
  let total = 0;
  let limit = ROWS.first;
  let since: Time | undefined;
  while (!signal.aborted) {
    const { removed, tookMs } = await removeBatch(deps, statement(limit, since));
    total += removed.length;
    if (removed.length < limit) break;
    since = removed.reduce((latest, time) => (time > latest ? time : latest));
    const factor = Math.min(2, HOLD_MS / Math.max(tookMs, 1));
    limit = Math.round(Math.min(ROWS.most, Math.max(ROWS.least, limit * factor)));
  }
  return total;
}

/** Resolves to the times of its rows; to none, too, while another server is removing. */
async function removeBatch(
  { dialect, roomy }: Pick<RetentionDeps, "dialect" | "roomy">,
  statement: RawBuilder<{ readonly time: Time }>,
): Promise<{ readonly removed: readonly Time[]; readonly tookMs: number }> {
  return inTransaction(roomy, async (trx) => {
    if (dialect === "postgres") {
      const { rows } = await sql<{
        mine: boolean;
      }>`select pg_try_advisory_xact_lock(${sql.lit(LOCK)}) as mine`.execute(trx);
      if (rows[0]?.mine !== true) return { removed: [], tookMs: 0 };
    }
    const startedMs = performance.now();
    const { rows } = await statement.execute(trx);
    return { removed: rows.map(({ time }) => time), tookMs: performance.now() - startedMs };
  });
}

/** As if their owners had deleted them: all devices are told, and what was said is wiped with the next sweep. */
async function removeOldChats(
  { db, removeChat }: RetentionDeps,
  untilMs: number,
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  let after = "";
  while (!signal.aborted) {
    const old = await db
      .selectFrom("chats")
      .select(["id", "user_id"])
      .where("id", ">", after)
      .where("deleted_at_ms", "is", null)
      .where(isUnusedSince(untilMs))
      .orderBy("id")
      .limit(CHATS_AT_ONCE)
      .execute();
    for (const { id, user_id: userId } of old) {
      if (signal.aborted) return removed;
      removed += await removeChat(userId, id, untilMs).then(() => 1, goneAlready);
    }
    after = old.at(-1)?.id ?? "";
    if (old.length < CHATS_AT_ONCE) break;
  }
  return removed;
}

/** Its owner, or another server, was first; or somebody has said something in it. */
function goneAlready(reason: unknown): number {
  if (reason instanceof PipitError && reason.code === "CHAT_NOT_FOUND") return 0;
  throw reason;
}
