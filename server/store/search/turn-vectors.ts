import { sql, type Kysely, type RawBuilder } from "kysely";
import type { QueryVector, Vector, VectorStore } from "#server/domain/semantic/ports.ts";
import type { Tables } from "../sql/schema.ts";
import { inTransaction } from "../sql/transaction.ts";
import type { TurnIndex, VectorSyntax } from "./turn-index.ts";

/** Characters that a model reads of a question, and of its answer. */
const READ_CHARS = 1_500;
/** Below the newest entry that was read there may be others: transactions do not end in the order of their numbers. */
const LATE_ENTRIES = 1_000;
/** Rows removed at once: others wait with their writing for as long as that takes. */
const REMOVED_AT_ONCE = 1_000;
/** Nearest by their bits, of which those that are most alike are looked for. */
const CANDIDATES = 400;
/** The largest number of a vector becomes this. */
const SCALE = 127;

/**
 * {@link VectorStore} of both databases. A vector is kept as one byte per number, and as one bit per number, by which it is
 * found. `turn_vector_state` tells which entries have been read: those from `first_entry` to `last_entry`.
 */
export function createVectorStore(db: Kysely<Tables>, { vectors: syntax }: TurnIndex): VectorStore {
  const entries = sql.table(syntax.entries);
  const maker = async (): Promise<string> => {
    const { rows } = await sql<{ maker: string }>`select maker from turn_vector_state`.execute(db);
    return rows[0]?.maker ?? "";
  };
  /** The first, or last, of those that may be read. */
  const end = (which: RawBuilder<unknown>, order: RawBuilder<unknown>) => sql`(select e.id from ${entries} e
    join turns t on t.id = e.turn_id join chats c on c.id = t.chat_id and c.temporary = 0
    where ${which} order by e.id ${order} limit 1)`;
  return {
    maker,

    async begin(next, signal) {
      await sql`update turn_vector_state set maker = ''`.execute(db);
      for (let removed = 1n; removed > 0n;) {
        signal.throwIfAborted();
        const gone = await sql`delete from turn_vectors where entry in
          (select entry from turn_vectors limit ${sql.lit(REMOVED_AT_ONCE)})`.execute(db);
        removed = gone.numAffectedRows ?? 0n;
      }
      await sql`update turn_vector_state set maker = ${next},
        first_entry = (select coalesce(max(id), 0) + 1 from ${entries}),
        last_entry = (select coalesce(max(id), 0) from ${entries})`.execute(db);
    },

    async unread(limit, without) {
      const read = (which: RawBuilder<unknown>, order: RawBuilder<unknown>) =>
        sql<{ entry: number; question: string; answer: string }>`
          select e.id as entry, substr(t.user_text, 1, ${sql.lit(READ_CHARS)}) as question,
            substr(t.assistant_text, 1, ${sql.lit(READ_CHARS)}) as answer
          from ${entries} e join turns t on t.id = e.turn_id
            join chats c on c.id = t.chat_id and c.temporary = 0 cross join turn_vector_state s
          where ${which} order by e.id ${order} limit ${sql.lit(limit)}`.execute(db);
      const known = without.length === 0 ? sql`` : sql`and e.id not in (${sql.join(without)})`;
      let { rows } = await read(
        sql`e.id > s.last_entry - ${sql.lit(LATE_ENTRIES)} ${known}
          and not exists (select 1 from turn_vectors v where v.entry = e.id)`,
        sql`asc`,
      );
      if (rows.length === 0) ({ rows } = await read(sql`e.id < s.first_entry`, sql`desc`));
      return rows.map(({ entry, question, answer }) => ({
        entry,
        text: `${question}\n\n${answer}`.toWellFormed(),
      }));
    },

    async backlog() {
      // To count a million at each scrape would hold up the event loop.
      const { rows } = await sql<{ n: number }>`select
        coalesce(${end(sql`e.id > s.last_entry`, sql`desc`)} - s.last_entry, 0)
          + coalesce(s.first_entry - ${end(sql`e.id < s.first_entry`, sql`asc`)}, 0) as n
        from turn_vector_state s`.execute(db);
      return rows[0]?.n ?? 0;
    },

    async put(from, made) {
      await inTransaction(db, async (trx) => {
        const read = [...made.keys()];
        const { numAffectedRows } = await sql`update turn_vector_state
          set first_entry = case when first_entry > ${Math.min(...read)} then ${Math.min(...read)} else first_entry end,
            last_entry = case when last_entry < ${Math.max(...read)} then ${Math.max(...read)} else last_entry end
          where maker = ${from}`.execute(trx);
        if (numAffectedRows === 0n) return;
        for (const [entry, vector] of made) {
          if (vector === undefined) continue;
          await sql`insert into turn_vectors (entry, user_id, bits, vector)
            select e.id, t.user_id, ${bitsOf(syntax, vector)}, ${bytesOf(vector)}
            from ${entries} e join turns t on t.id = e.turn_id where e.id = ${entry}
            on conflict (entry) do update set bits = excluded.bits, vector = excluded.vector`.execute(trx);
        }
      });
    },
  };
}

interface Near {
  readonly turnId: string;
  /** Cosine of both vectors. */
  readonly likeness: number;
}

interface Within {
  readonly chatIds: readonly string[] | undefined;
  readonly afterMs?: number | undefined;
  readonly beforeMs?: number | undefined;
}

/** Turns of a user that mean what the query does, the most alike first. */
export async function nearTurns(
  db: Kysely<Tables>,
  { vectors: syntax }: TurnIndex,
  userId: string,
  { vector, maker, least }: QueryVector,
  { chatIds, afterMs, beforeMs }: Within,
): Promise<readonly Near[]> {
  const entries = sql.table(syntax.entries);
  const since = afterMs === undefined ? sql`` : sql`and e.created_at_ms >= ${afterMs}`;
  const until = beforeMs === undefined ? sql`` : sql`and e.created_at_ms < ${beforeMs}`;
  const inChats =
    chatIds === undefined
      ? sql``
      : sql`and e.turn_id in (select id from turns where chat_id in (${sql.join(chatIds)}))`;
  const isNarrow = (chatIds ?? afterMs ?? beforeMs) !== undefined;
  // A list of all entries between two days would be one of everybody's.
  const narrow = isNarrow
    ? sql`and (select 1 from ${entries} e where e.id = entry ${since} ${until} ${inChats}) is not null`
    : sql``;
  // Another server may have begun with another model, and PostgreSQL compares no bits of two lengths.
  const { rows } = await sql<{ turnId: string; vector: Uint8Array }>`
    select e.turn_id as "turnId", near.vector from (
      select entry, vector, ${syntax.distance(bitsOf(syntax, vector))} as distance from turn_vectors
      where user_id = ${userId} and (select maker from turn_vector_state) = ${maker}
        and octet_length(vector) = ${vector.length} ${narrow}
      order by distance, entry desc limit ${sql.lit(CANDIDATES)}
    ) as near join ${entries} e on e.id = near.entry
    order by near.distance, near.entry desc`.execute(db);
  return rows
    .map((row) => ({ turnId: row.turnId, likeness: likenessOf(vector, signed(row.vector)) }))
    .filter(({ likeness }) => likeness >= least)
    .toSorted((a, b) => b.likeness - a.likeness);
}

function bitsOf(syntax: VectorSyntax, vector: Vector): RawBuilder<unknown> {
  return syntax.bits(vector.map((value) => value > 0));
}

function bytesOf(vector: Vector): Buffer {
  const largest = Math.max(...vector.map(Math.abs));
  return Buffer.from(Int8Array.from(vector, (value) => Math.round((value / largest) * SCALE)).buffer);
}

function signed(bytes: Uint8Array): Vector {
  return [...new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)];
}

function likenessOf(a: Vector, b: Vector): number {
  let product = 0;
  let ofA = 0;
  let ofB = 0;
  for (const [at, value] of a.entries()) {
    const other = b[at] ?? 0;
    product += value * other;
    ofA += value * value;
    ofB += other * other;
  }
  return product / (Math.sqrt(ofA * ofB) || 1);
}
