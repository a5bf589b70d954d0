import { sql, type Kysely } from "kysely";
import { ownProgram } from "#contract/own-program.ts";
import { JobQueue } from "#server/domain/jobs/job-queue.ts";
import { startJobThread } from "#server/domain/jobs/job-runner.ts";
import type { Tables } from "../sql/schema.ts";
import { scopeArray } from "./postgres-turn-index.ts";
import { fitting, REBUILD_ENTRIES } from "./rebuild-batch.ts";
import type { IndexWork } from "./turn-index.ts";

/** Characters of an answer that the event loop reads and passes on at a time. */
const PIECE_CHARS = 1_000_000;
const HEAP_MAX_MB = 512;
const LIMIT_MS = 60_000;
const IDLE_MS = 10_000;

/**
 * What vectors are asked of: whole turns; or a piece of one, with no vector yet, and then so many pieces. The first is
 * number 0, and is the question.
 */
export type VectorJob =
  | { readonly turns: readonly { readonly question: string; readonly answer: string }[] }
  | { readonly text: string; readonly number: number }
  | { readonly pieces: number };

/** {@link IndexWork}: the words are found in a thread, which gets the answer piece by piece. */
export class PostgresIndexWork implements IndexWork, AsyncDisposable {
  readonly #db: Kysely<Tables>;
  readonly #jobs: JobQueue<VectorJob, readonly string[]>;

  /** @param idleMs the thread ends after this long without work */
  constructor(db: Kysely<Tables>, idleMs = IDLE_MS) {
    this.#db = db;
    const program = ownProgram("vector-worker", import.meta.url);
    const start = () => startJobThread(program, HEAP_MAX_MB);
    this.#jobs = new JobQueue({ name: "the search index", start, limitMs: LIMIT_MS, idleMs });
  }

  async complete(turnId: string): Promise<void> {
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
    const [words] = await this.#run({ pieces });
    // Not of a turn that was asked again meanwhile.
    await sql`update turn_search set words = ${words}::tsvector, scope = ${scopeArray(turn.user_id, [turn.chat_id])}
      where turn_id = ${turnId} and exists (
        select 1 from turns where id = ${turnId} and finished_at_ms is not distinct from ${turn.finished_at_ms})`.execute(
      this.#db,
    );
  }

  /** Several servers may do so at once: each entry is then written more than once. */
  async rebuildSome(): Promise<boolean> {
    const { rows } = await sql<{ id: number; turnId: string; size: number }>`
      select s.id, s.turn_id as "turnId", octet_length(t.user_text) + octet_length(t.assistant_text) as size
      from turn_search s join turns t on t.id = s.turn_id
      where s.id <= (select outdated from turn_search_state)
      order by s.id desc limit ${sql.lit(REBUILD_ENTRIES)}`.execute(this.#db);
    const some = fitting(rows);
    const oldest = some.at(-1);
    if (oldest === undefined) return false;
    if (some.length === 1) await this.complete(oldest.turnId);
    else await this.#write(some.map(({ turnId }) => turnId));
    await sql`update turn_search_state set outdated = least(outdated, ${oldest.id} - 1)`.execute(this.#db);
    return true;
  }

  /** Writes the entries of short turns. */
  async #write(turnIds: readonly string[]): Promise<void> {
    const turns = await this.#db
      .selectFrom("turns")
      .select(["id", "user_text as question", "assistant_text as answer", "finished_at_ms"])
      .where("id", "in", turnIds)
      .execute();
    const words = await this.#run({ turns: turns.map(({ question, answer }) => ({ question, answer })) });
    const ids = turns.map(({ id }) => id);
    const ends = turns.map((turn) => turn.finished_at_ms);
    await sql`update turn_search s set words = w.words::tsvector, scope = array['u:' || t.user_id, 'c:' || t.chat_id]
      from unnest(${ids}::text[], ${words}::text[], ${ends}::bigint[]) as w (id, words, finished_at_ms)
      join turns t on t.id = w.id and t.finished_at_ms is not distinct from w.finished_at_ms
      where s.turn_id = w.id`.execute(this.#db);
  }

  #run(job: VectorJob): Promise<readonly string[]> {
    return this.#jobs.run(job, new AbortController().signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#jobs[Symbol.asyncDispose]();
  }
}
