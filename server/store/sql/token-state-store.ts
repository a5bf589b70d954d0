import { sql, type Kysely } from "kysely";
import type { TokenState, TokenStateStore } from "#server/domain/tokens/ports.ts";
import type { Tables } from "./schema.ts";

/** {@link TokenStateStore} on SQL. */
export function createTokenStateStore(db: Kysely<Tables>): TokenStateStore {
  return {
    async find({ sid, userId, clientId, jti }) {
      const { rows } = await sql<StateRow>`select
        (select case when revoked_at_ms is not null then 'revoked' when pending_otp = 1 then 'pending-otp' else 'live' end
          from refresh_families where id = ${sid ?? null}) as session,
        (select is_active from accounts where id = ${userId}) as account,
        (select is_active from oauth_clients where client_id = ${clientId}) as client,
        (select 1 from revoked_access_tokens where jti = ${jti}) as revoked`.execute(db);
      const row = rows[0];
      return {
        session: sid === undefined ? "live" : (row?.session ?? "unknown"),
        accountActive: typeof row?.account === "number" ? row.account === 1 : undefined,
        clientActive: row?.client === 1,
        jtiRevoked: row?.revoked === 1,
      };
    },

    async revokeJti(jti, expiresAtMs) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("revoked_access_tokens")
        .values({ jti, expires_at_ms: expiresAtMs })
        .onConflict((c) => c.column("jti").doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    },

    async removeEnded(nowMs) {
      await db.deleteFrom("revoked_access_tokens").where("expires_at_ms", "<=", nowMs).execute();
    },
  };
}

/** null where there is no such row. */
interface StateRow {
  readonly session: Exclude<TokenState["session"], "unknown"> | null;
  readonly account: number | null;
  readonly client: number | null;
  readonly revoked: number | null;
}
