import { sql, type Kysely, type RawBuilder } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { ownProgram } from "#contract/own-program.ts";
import { JobQueue } from "#server/domain/jobs/job-queue.ts";
import { startJobThread } from "#server/domain/jobs/job-runner.ts";
import { stemsOf, type SearchTerm } from "./search-text.ts";
import type { CompleteEntry, IndexQuery, TurnIndex } from "./turn-index.ts";
import { cut, vectorOf } from "./word-vector.ts";

/** In the scope of an entry that holds only how the answer begins. */
const incompleteToken = "incomplete";
/** Characters of an answer that the event loop reads and passes on at a time. */
const PIECE_CHARS = 1_000_000;
const HEAP_MAX_MB = 512;
const LIMIT_MS = 60_000;
const IDLE_MS = 10_000;

/** A piece of the text, or the question for the vector of so many of them. The first is number 0. */
export type VectorJob = { readonly text: string; readonly number: number } | { readonly pieces: number };

/**
 * The turn index on a tsvector. It stores stems only, never the text, and a "scope" of the user and the chat in the
 * same GIN index, so that a search reads the lists of one user however many there are.
 * Vectors and queries are written out by us: PostgreSQL's own parser would split some of our words again.
 */
export function createPostgresTurnIndex(): TurnIndex {
  return {
    async create(db) {
      await sql`create table turn_search (
        turn_id text primary key references turns (id) on delete cascade,
        scope text[] not null,
        words tsvector not null
      )`.execute(db);
      await sql`create index turn_search_by_words on turn_search using gin (scope, words)`.execute(db);
    },

    async write(db, turn) {
      const words = vectorOf(`${stemsOf(turn.userText)} ${stemsOf(turn.assistantText)}`);
      const scope = scopeOf(turn.userId, turn.chatId, turn.goesOn === true ? [incompleteToken] : []);
      await sql`insert into turn_search (turn_id, scope, words)
        values (${turn.turnId}, ${scope}, ${words}::tsvector)
        on conflict (turn_id) do update set scope = excluded.scope, words = excluded.words`.execute(db);
    },

    async remove(db, turnIds) {
      await sql`delete from turn_search where turn_id in (${sql.join(turnIds)})`.execute(db);
    },

    async removeChat(db, chatId) {
      await sql`delete from turn_search
        where turn_id in (select id from turns where chat_id = ${chatId})`.execute(db);
    },

    async incomplete(db) {
      const { rows } = await sql<{ turnId: string }>`
        select turn_id as "turnId" from turn_search where scope @> array[${incompleteToken}]::text[]`.execute(
        db,
      );
      return rows.map(({ turnId }) => turnId);
    },

    find,
  };
}

/** {@link CompleteEntry}: the words are found in a thread, which gets the answer piece by piece. */
export class PostgresCompletion implements AsyncDisposable {
  readonly #db: Kysely<Tables>;
  readonly #jobs: JobQueue<VectorJob, string>;

  /** @param idleMs the thread ends after this long without work */
  constructor(db: Kysely<Tables>, idleMs = IDLE_MS) {
    this.#db = db;
    const program = ownProgram("vector-worker", import.meta.url);
    const start = () => startJobThread(program, HEAP_MAX_MB);
    this.#jobs = new JobQueue({ name: "the search index", start, limitMs: LIMIT_MS, idleMs });
  }

  readonly complete: CompleteEntry = async (turnId) => {
    const found = this.#db
      .selectFrom("turns")
      .select(["user_id", "chat_id", "user_text", "finished_at_ms"])
      .select(sql<number>`length(assistant_text)`.as("chars"))
      .where("id", "=", turnId);
    const turn = await found.executeTakeFirst();
    if (turn === undefined) return;
    using held = new DisposableStack();
    held.use(this.#jobs.hold());
    await this.#run({ text: turn.user_text, number: 0 });
    let pieces = 1;
    for (let from = 1; from <= turn.chars; from += PIECE_CHARS) {
      const piece = sql<string>`substr(assistant_text, ${sql.lit(from)}, ${sql.lit(PIECE_CHARS)})`.as("text");
      const row = await this.#db
        .selectFrom("turns")
        .select(piece)
        .where("id", "=", turnId)
        .executeTakeFirst();
      await this.#run({ text: row?.text ?? "", number: pieces++ });
    }
    const words = await this.#run({ pieces });
    // Not of a turn that was asked again meanwhile.
    await sql`update turn_search set words = ${words}::tsvector, scope = ${scopeOf(turn.user_id, turn.chat_id)}
      where turn_id = ${turnId} and exists (
        select 1 from turns where id = ${turnId} and finished_at_ms is not distinct from ${turn.finished_at_ms})`.execute(
      this.#db,
    );
  };

  #run(job: VectorJob): Promise<string> {
    return this.#jobs.run(job, new AbortController().signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#jobs[Symbol.asyncDispose]();
  }
}

async function find(
  db: Kysely<Tables>,
  query: IndexQuery,
): Promise<readonly { readonly turnId: string; readonly score: number }[]> {
  const wanted = query.terms.map(termQuery).join(query.match === "all" ? " & " : " | ");
  const beginnings = query.terms.map(termQuery).join(" | ");
  const whole = query.terms.map(({ stem }) => quote(stem)).join(" | ");
  // The whole word counts once more than its beginning. 1 has longer texts count less for the same words.
  const { rows } = await sql<{ turnId: string; score: number }>`
    select s.turn_id as "turnId",
      ts_rank(s.words, ${beginnings}::tsquery, 1) + ts_rank(s.words, ${whole}::tsquery, 1) as score
    from turn_search s join turns t on t.id = s.turn_id join chats c on c.id = t.chat_id
    where t.deleted_at_ms is null and c.deleted_at_ms is null and s.scope @> ${scopeOf(query.userId, query.chatId)} and s.words @@ ${wanted}::tsquery
    order by score desc, t.created_at_ms desc, s.turn_id limit ${query.limit}`.execute(db);
  return rows;
}

function scopeOf(
  userId: string,
  chatId: string | undefined,
  more: readonly string[] = [],
): RawBuilder<unknown> {
  const scope = [`u:${userId}`, ...(chatId === undefined ? [] : [`c:${chatId}`]), ...more];
  return sql`array[${sql.join(scope)}]::text[]`;
}

function termQuery({ stem, prefix }: SearchTerm): string {
  return prefix ? `${quote(stem)}:*` : quote(stem);
}

/** Stems are letters, marks and digits, so nothing a person types becomes syntax. */
function quote(stem: string): string {
  return `'${cut(stem)}'`;
}
