import type { Kysely } from "kysely";
import type { OidcPayloadStore, StoredOidcPayload } from "#server/domain/tokens/oidc-payload-port.ts";
import type { Tables } from "./schema.ts";
import { rowOf, type RowOf } from "./stored-values.ts";

/** {@link OidcPayloadStore} on SQL. */
export function createOidcPayloadStore(db: Kysely<Tables>): OidcPayloadStore {
  const findBy = async (
    model: string,
    column: "id_hash" | "uid_hash" | "user_code_hash",
    hash: string,
  ): Promise<StoredOidcPayload | undefined> => {
    const row = await db
      .selectFrom("oidc_payloads")
      .selectAll()
      .where("model", "=", model)
      .where(column, "=", hash)
      .executeTakeFirst();
    return row && toPayload(row);
  };
  return {
    async upsert(payload) {
      await db
        .insertInto("oidc_payloads")
        .values(rowOf(payload))
        .onConflict((c) =>
          c.columns(["model", "id_hash"]).doUpdateSet((eb) => ({
            sealed_payload: eb.ref("excluded.sealed_payload"),
            grant_hash: eb.ref("excluded.grant_hash"),
            uid_hash: eb.ref("excluded.uid_hash"),
            user_code_hash: eb.ref("excluded.user_code_hash"),
            user_id: eb.ref("excluded.user_id"),
            expires_at_ms: eb.ref("excluded.expires_at_ms"),
          })),
        )
        .execute();
    },

    find: (model, idHash) => findBy(model, "id_hash", idHash),
    findByUid: (model, uidHash) => findBy(model, "uid_hash", uidHash),
    findByUserCode: (model, userCodeHash) => findBy(model, "user_code_hash", userCodeHash),

    async consume(model, idHash, nowMs) {
      const { numUpdatedRows } = await db
        .updateTable("oidc_payloads")
        .set({ consumed_at_ms: nowMs })
        .where("model", "=", model)
        .where("id_hash", "=", idHash)
        .where("consumed_at_ms", "is", null)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async destroy(model, idHash) {
      await db.deleteFrom("oidc_payloads").where("model", "=", model).where("id_hash", "=", idHash).execute();
    },

    async revokeByGrant(grantHash) {
      const { numDeletedRows } = await db
        .deleteFrom("oidc_payloads")
        .where("grant_hash", "=", grantHash)
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}

function toPayload(row: RowOf<StoredOidcPayload>): StoredOidcPayload {
  return {
    model: row.model,
    idHash: row.id_hash,
    sealedPayload: row.sealed_payload,
    grantHash: row.grant_hash ?? undefined,
    uidHash: row.uid_hash ?? undefined,
    userCodeHash: row.user_code_hash ?? undefined,
    userId: row.user_id ?? undefined,
    consumedAtMs: row.consumed_at_ms ?? undefined,
    expiresAtMs: row.expires_at_ms ?? undefined,
  };
}
