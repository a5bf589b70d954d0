import type { Kysely } from "kysely";
import type { StoredWsToken, WsTokenStore } from "#server/domain/tokens/ws-token-port.ts";
import type { Tables, WsTokenRow } from "./schema.ts";
import { inTransaction } from "./transaction.ts";

/** {@link WsTokenStore} on SQL. */
export function createWsTokenStore(db: Kysely<Tables>): WsTokenStore {
  return {
    async add(token, keep) {
      await inTransaction(db, async (trx) => {
        await trx.insertInto("ws_tokens").values(toRow(token)).execute();
        const newest = await trx
          .selectFrom("ws_tokens")
          .select("hash")
          .where("session_id", "=", token.sessionId)
          .where("hash", "!=", token.hash)
          .orderBy("created_at_ms", "desc")
          .orderBy("hash")
          .limit(keep - 1)
          .execute();
        await trx
          .deleteFrom("ws_tokens")
          .where("session_id", "=", token.sessionId)
          .where("hash", "not in", [token.hash, ...newest.map(({ hash }) => hash)])
          .execute();
      });
    },

    async take(hash, nowMs) {
      // One statement: of two takers, one deletes the row.
      const row = await db
        .deleteFrom("ws_tokens")
        .where("hash", "=", hash)
        .where("expires_at_ms", ">", nowMs)
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? undefined : toToken(row);
    },

    async removeExpired(nowMs) {
      await db.deleteFrom("ws_tokens").where("expires_at_ms", "<=", nowMs).execute();
    },
  };
}

function toRow(token: StoredWsToken): WsTokenRow {
  return {
    hash: token.hash,
    user_id: token.userId,
    client_id: token.clientId,
    session_id: token.sessionId,
    token_id: token.tokenId,
    scope: token.scope,
    created_at_ms: token.createdAtMs,
    expires_at_ms: token.expiresAtMs,
  };
}

function toToken(row: WsTokenRow): StoredWsToken {
  return {
    hash: row.hash,
    userId: row.user_id,
    clientId: row.client_id,
    sessionId: row.session_id,
    tokenId: row.token_id,
    scope: row.scope,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
  };
}
