import type { Kysely, UpdateQueryBuilder, UpdateResult } from "kysely";
import type { RefreshFamily, RefreshTokenStore, RevokeReason } from "#server/domain/tokens/ports.ts";
import type { RefreshFamilyRow, Tables } from "./schema.ts";
import { known, rowOf, splitWords } from "./stored-values.ts";
import { inTransaction } from "./transaction.ts";

const revokeReasons: readonly RevokeReason[] = [
  "logout",
  "revoked",
  "reused",
  "code-replayed",
  "password-changed",
  "deactivated",
  "client-disabled",
  "second-factor-changed",
  "admin",
];

/** {@link RefreshTokenStore} on SQL. */
export function createRefreshTokenStore(db: Kysely<Tables>): RefreshTokenStore {
  return {
    createFamily: (family, first) =>
      inTransaction(db, async (trx) => {
        await trx
          .insertInto("refresh_families")
          .values(rowOf({ ...family, amr: family.amr.join(" ") }))
          .execute();
        if (first !== undefined) await trx.insertInto("refresh_tokens").values(rowOf(first)).execute();
      }),

    async findFamily(id) {
      const row = await db.selectFrom("refresh_families").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : toFamily(row);
    },

    async revokeFamily(familyId, reason, nowMs) {
      const ids = await revoke(db, reason, nowMs, (query) => query.where("id", "=", familyId));
      return ids.length === 1;
    },

    revokeOfUser: (userId, reason, nowMs, except) =>
      revoke(db, reason, nowMs, (query) =>
        query
          .where("user_id", "=", userId)
          .$if(except !== undefined, (some) => some.where("id", "!=", except ?? "")),
      ),

    revokeOfClient: (clientId, reason, nowMs) =>
      revoke(db, reason, nowMs, (query) => query.where("client_id", "=", clientId)),

    revokeByOrigin: (originHash, reason, nowMs) =>
      revoke(db, reason, nowMs, (query) => query.where("origin_hash", "=", originHash)),

    async listLive(userId, nowMs) {
      const rows = await db
        .selectFrom("refresh_families")
        .selectAll()
        .where("user_id", "=", userId)
        .where("revoked_at_ms", "is", null)
        .where("expires_at_ms", ">", nowMs)
        .where("pending_otp", "=", 0)
        .orderBy("created_at_ms", "desc")
        .orderBy("id")
        .execute();
      return rows.map(toFamily);
    },

    ...otpOf(db),
  };
}

/** The second factor that a session may still owe. */
function otpOf(db: Kysely<Tables>): Pick<RefreshTokenStore, "settleOtp" | "countOtpTry"> {
  return {
    async settleOtp(familyId) {
      const { numUpdatedRows } = await db
        .updateTable("refresh_families")
        .set((eb) => ({ pending_otp: 0, amr: eb(eb.ref("amr"), "||", eb.val(" otp")) }))
        .where("id", "=", familyId)
        .where("pending_otp", "=", 1)
        .where("revoked_at_ms", "is", null)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async countOtpTry(familyId) {
      const row = await db
        .updateTable("refresh_families")
        .set((eb) => ({ otp_tries: eb("otp_tries", "+", 1) }))
        .where("id", "=", familyId)
        .where("pending_otp", "=", 1)
        .returning("otp_tries")
        .executeTakeFirst();
      return row?.otp_tries ?? 0;
    },
  };
}

type RevokeQuery = UpdateQueryBuilder<Tables, "refresh_families", "refresh_families", UpdateResult>;

/** Revokes the families that are not revoked yet, so that the first reason stays. Resolves to their ids. */
async function revoke(
  db: Kysely<Tables>,
  reason: RevokeReason,
  nowMs: number,
  choose: (query: RevokeQuery) => RevokeQuery,
): Promise<readonly string[]> {
  // A transaction for its new attempts: two that revoke many rows may meet in different orders.
  const rows = await inTransaction(db, (trx) =>
    choose(trx.updateTable("refresh_families").set({ revoked_at_ms: nowMs, revoked_reason: reason }))
      .where("revoked_at_ms", "is", null)
      .returning("id")
      .execute(),
  );
  return rows.map(({ id }) => id);
}

export function toFamily(row: RefreshFamilyRow): RefreshFamily {
  return {
    id: row.id,
    userId: row.user_id,
    clientId: row.client_id,
    scope: row.scope,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    revokedAtMs: row.revoked_at_ms ?? undefined,
    revokedReason:
      row.revoked_reason === null
        ? undefined
        : known(revokeReasons, row.revoked_reason, "refresh_families.revoked_reason"),
    pendingOtp: row.pending_otp === 1,
    otpTries: row.otp_tries,
    authTimeMs: row.auth_time_ms,
    amr: splitWords(row.amr).map((method) => known(["pwd", "otp", "local"], method, "refresh_families.amr")),
    originHash: row.origin_hash ?? undefined,
    lastUsedAtMs: row.last_used_at_ms,
    ip: row.ip ?? undefined,
    userAgent: row.user_agent ?? undefined,
  };
}
