import { sql, type Kysely } from "kysely";
import type { TurnIndex } from "../search/turn-index.ts";
import type { Tables } from "../sql/schema.ts";

/** The vectors of turns, each of which is gone with the entry of its turn in the search index. */
export async function createVectors(db: Kysely<Tables>, { vectors }: TurnIndex): Promise<void> {
  // Names of types that SQLite does not know are as good to it as none.
  await sql`create table turn_vectors (
      entry bigint primary key references ${sql.table(vectors.entries)} (id) on delete cascade,
      user_id text not null,
      bits bit varying not null,
      vector bytea not null
    )`.execute(db);
  await sql`create index turn_vectors_by_user on turn_vectors (user_id)`.execute(db);
  await sql`create table turn_vector_state (
      maker text not null, first_entry bigint not null, last_entry bigint not null
    )`.execute(db);
  await sql`insert into turn_vector_state (maker, first_entry, last_entry)
      select '', coalesce(max(id), 0) + 1, coalesce(max(id), 0) from ${sql.table(vectors.entries)}`.execute(
    db,
  );
}
