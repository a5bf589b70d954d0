import { sql, type Kysely } from "kysely";
import { ownProgram } from "#contract/own-program.ts";
import { JobQueue } from "#server/domain/jobs/job-queue.ts";
import { startJobThread } from "#server/domain/jobs/job-runner.ts";
import type { Tables } from "../sql/schema.ts";
import { scopeArray } from "./postgres-turn-index.ts";
import type { IndexWork } from "./turn-index.ts";

/** Characters of an answer that the event loop reads and passes on at a time. */
const PIECE_CHARS = 1_000_000;
const REBUILD_ENTRIES = 100;
const HEAP_MAX_MB = 512;
const LIMIT_MS = 60_000;
const IDLE_MS = 10_000;

/** A piece of the text, or the question for the vector of so many of them. The first is number 0. */
export type VectorJob = { readonly text: string; readonly number: number } | { readonly pieces: number };

/** {@link IndexWork}: the words are found in a thread, which gets the answer piece by piece. */
export class PostgresIndexWork implements IndexWork, AsyncDisposable {
  readonly #db: Kysely<Tables>;
  readonly #jobs: JobQueue<VectorJob, string>;

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
    const words = await this.#run({ pieces });
    // Not of a turn that was asked again meanwhile.
    await sql`update turn_search set words = ${words}::tsvector, scope = ${scopeArray(turn.user_id, [turn.chat_id])}
      where turn_id = ${turnId} and exists (
        select 1 from turns where id = ${turnId} and finished_at_ms is not distinct from ${turn.finished_at_ms})`.execute(
      this.#db,
    );
  }

  /** Several servers may do so at once: each entry is then written more than once. */
  async rebuildSome(): Promise<number> {
    const { rows } = await sql<{ id: number; turnId: string; left: number }>`
      select s.id, s.turn_id as "turnId",
        (select count(*) from turn_search where id <= (select outdated from turn_search_state)) as left
      from turn_search s where s.id <= (select outdated from turn_search_state)
      order by s.id desc limit ${sql.lit(REBUILD_ENTRIES)}`.execute(this.#db);
    const oldest = rows.at(-1);
    if (oldest === undefined) return 0;
    for (const { turnId } of rows) await this.complete(turnId);
    await sql`update turn_search_state set outdated = least(outdated, ${oldest.id} - 1)`.execute(this.#db);
    return oldest.left - rows.length;
  }

  #run(job: VectorJob): Promise<string> {
    return this.#jobs.run(job, new AbortController().signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#jobs[Symbol.asyncDispose]();
  }
}
