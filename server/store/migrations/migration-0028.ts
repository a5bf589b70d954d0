import type { Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { addIndex, bigNumbers, texts } from "./table-parts.ts";

/** What programs of people say has happened, once by its id. */
export async function createEvents(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("events")
    .$call(texts("user_id", "event_id", "event_type", "aggregate_id", "node_id"))
    .$call(bigNumbers("lamport_clock"))
    .$call(texts("data"))
    .$call(bigNumbers("received_at_ms"))
    .addPrimaryKeyConstraint("events_pk", ["user_id", "event_id"])
    .execute();
  await addIndex(db, "events", "end", ["received_at_ms"]);
}
