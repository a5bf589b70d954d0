import type { Kysely } from "kysely";
import type { RefreshTokenStore, StoredRefreshToken } from "#server/domain/tokens/ports.ts";
import type { RefreshTokenRow, Tables } from "./schema.ts";

/** {@link RefreshTokenStore} on SQL. */
export function createRefreshTokenStore(db: Kysely<Tables>): RefreshTokenStore {
  return {
    async createFamily(family, first) {
      await db.transaction().execute(async (trx) => {
        await trx
          .insertInto("refresh_families")
          .values({
            id: family.id,
            user_id: family.userId,
            client_id: family.clientId,
            scope: family.scope,
            created_at_ms: family.createdAtMs,
            expires_at_ms: family.expiresAtMs,
            revoked_at_ms: family.revokedAtMs ?? null,
          })
          .execute();
        await trx.insertInto("refresh_tokens").values(toRow(first)).execute();
      });
    },

    find: (hash) => find(db, hash),

    rotate: (hash, successor, nowMs) =>
      db.transaction().execute(async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable("refresh_tokens")
          .set({ consumed_at_ms: nowMs })
          .where("hash", "=", hash)
          .where("family_id", "=", successor.familyId)
          .where("consumed_at_ms", "is", null)
          .where((eb) =>
            eb.exists(
              eb
                .selectFrom("refresh_families as f")
                .select("f.id")
                .whereRef("f.id", "=", "refresh_tokens.family_id")
                .where("f.revoked_at_ms", "is", null),
            ),
          )
          .executeTakeFirst();
        if (numUpdatedRows !== 1n) return false;
        await trx.insertInto("refresh_tokens").values(toRow(successor)).execute();
        return true;
      }),

    async revokeFamily(familyId, nowMs) {
      await db
        .updateTable("refresh_families")
        .set({ revoked_at_ms: nowMs })
        .where("id", "=", familyId)
        .where("revoked_at_ms", "is", null)
        .execute();
    },
  };
}

async function find(db: Kysely<Tables>, hash: string): ReturnType<RefreshTokenStore["find"]> {
  const row = await db
    .selectFrom("refresh_tokens as t")
    .innerJoin("refresh_families as f", "f.id", "t.family_id")
    .selectAll("t")
    .select(["f.user_id", "f.client_id", "f.scope", "f.created_at_ms", "f.revoked_at_ms"])
    .select("f.expires_at_ms as family_expires_at_ms")
    .where("t.hash", "=", hash)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    token: {
      hash: row.hash,
      familyId: row.family_id,
      generation: row.generation,
      expiresAtMs: row.expires_at_ms,
      consumedAtMs: row.consumed_at_ms ?? undefined,
    },
    family: {
      id: row.family_id,
      userId: row.user_id,
      clientId: row.client_id,
      scope: row.scope,
      createdAtMs: row.created_at_ms,
      expiresAtMs: row.family_expires_at_ms,
      revokedAtMs: row.revoked_at_ms ?? undefined,
    },
  };
}

function toRow(token: StoredRefreshToken): RefreshTokenRow {
  return {
    hash: token.hash,
    family_id: token.familyId,
    generation: token.generation,
    expires_at_ms: token.expiresAtMs,
    consumed_at_ms: token.consumedAtMs ?? null,
  };
}
