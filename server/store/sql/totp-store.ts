import type { ExpressionBuilder, Kysely } from "kysely";
import type { TotpStore } from "#server/domain/accounts/ports.ts";
import type { Tables } from "./schema.ts";
import { inTransaction } from "./transaction.ts";

/** {@link TotpStore} on SQL. */
export function createTotpStore(db: Kysely<Tables>): TotpStore {
  return {
    async setPending(userId, sealedSecret) {
      await db
        .updateTable("accounts")
        .set({ totp_pending_sealed: sealedSecret })
        .where("id", "=", userId)
        .execute();
    },

    async confirm(userId, sealedSecret, step) {
      const { numUpdatedRows } = await db
        .updateTable("accounts")
        .set((eb) => ({
          totp_sealed: sealedSecret,
          totp_pending_sealed: null,
          totp_last_step: step,
          credentials_version: eb("credentials_version", "+", 1),
        }))
        .where("id", "=", userId)
        .where("totp_pending_sealed", "=", sealedSecret)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async takeStep(userId, step) {
      const { numUpdatedRows } = await db
        .updateTable("accounts")
        .set({ totp_last_step: step })
        .where("id", "=", userId)
        .where("totp_sealed", "is not", null)
        .where((eb) => eb.or([eb("totp_last_step", "is", null), eb("totp_last_step", "<", step)]))
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    disable: (userId) =>
      inTransaction(db, async (trx) => {
        await trx.updateTable("accounts").set(withoutTotp).where("id", "=", userId).execute();
        await trx.deleteFrom("recovery_codes").where("user_id", "=", userId).execute();
      }),

    ...recoveryCodesOf(db),
  };
}

function recoveryCodesOf(
  db: Kysely<Tables>,
): Pick<TotpStore, "setRecoveryCodes" | "takeRecoveryCode" | "countRecoveryCodes"> {
  return {
    setRecoveryCodes: (userId, hashes) =>
      inTransaction(db, async (trx) => {
        // Locks the account, so that two requests that replace the codes at once do not leave both sets.
        await trx
          .updateTable("accounts")
          .set((eb) => ({ updated_at_ms: eb.ref("updated_at_ms") }))
          .where("id", "=", userId)
          .execute();
        await trx.deleteFrom("recovery_codes").where("user_id", "=", userId).execute();
        if (hashes.length === 0) return;
        await trx
          .insertInto("recovery_codes")
          .values(hashes.map((hash) => ({ user_id: userId, code_hash: hash, used_at_ms: null })))
          .execute();
      }),

    async takeRecoveryCode(userId, hash, nowMs) {
      const { numUpdatedRows } = await db
        .updateTable("recovery_codes")
        .set({ used_at_ms: nowMs })
        .where("user_id", "=", userId)
        .where("code_hash", "=", hash)
        .where("used_at_ms", "is", null)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async countRecoveryCodes(userId) {
      const { count } = await db
        .selectFrom("recovery_codes")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .where("user_id", "=", userId)
        .where("used_at_ms", "is", null)
        .executeTakeFirstOrThrow();
      return count;
    },
  };
}

/** What an account is without its second factor; sign-ins that were begun with it end. */
export function withoutTotp(eb: ExpressionBuilder<Tables, "accounts">) {
  return {
    totp_sealed: null,
    totp_pending_sealed: null,
    totp_last_step: null,
    credentials_version: eb("credentials_version", "+", 1),
  };
}
