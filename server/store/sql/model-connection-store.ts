import type { Kysely } from "kysely";
import type { ModelConnectionStore } from "#server/domain/assistant/model-connection.ts";
import type { Tables } from "./schema.ts";

/** The only row: a server has one connection. */
const ID = "model";

/** {@link ModelConnectionStore} on SQL. */
export function createModelConnectionStore(db: Kysely<Tables>): ModelConnectionStore {
  return {
    async read() {
      const row = await db
        .selectFrom("model_connection")
        .select("sealed")
        .where("id", "=", ID)
        .executeTakeFirst();
      return row?.sealed;
    },
    async write(sealed) {
      if (sealed === undefined) {
        await db.deleteFrom("model_connection").where("id", "=", ID).execute();
        return;
      }
      await db
        .insertInto("model_connection")
        .values({ id: ID, sealed })
        .onConflict((c) => c.column("id").doUpdateSet({ sealed }))
        .execute();
    },
  };
}
