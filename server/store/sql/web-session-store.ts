import type { Kysely } from "kysely";
import {
  WEB_SESSION_PROOFS,
  type StoredWebSession,
  type WebSessionStore,
} from "#server/domain/accounts/ports.ts";
import type { Tables } from "./schema.ts";
import { known, rowOf } from "./stored-values.ts";

/** {@link WebSessionStore} on SQL. */
export function createWebSessionStore(db: Kysely<Tables>): WebSessionStore {
  /** What has not ended with what it was carried over from. */
  const selectGood = () =>
    db
      .selectFrom("web_sessions as session")
      .leftJoin("refresh_families as family", "family.id", "session.family_id")
      .leftJoin("oauth_clients as client", "client.client_id", "session.client_id")
      .leftJoin("revoked_access_tokens as revoked", "revoked.jti", "session.token_id")
      .selectAll("session")
      .where("revoked.jti", "is", null)
      .where(({ and, eb, or }) =>
        or([
          eb("session.family_id", "is", null),
          and([eb("family.id", "is not", null), eb("family.revoked_at_ms", "is", null)]),
        ]),
      )
      .where(({ eb, or }) =>
        // Built-in clients are seeded by a server that starts, and a tool may look before one ever did.
        or([eb("client.client_id", "is", null), eb("client.is_active", "=", 1)]),
      );
  return {
    async create(session) {
      await db.insertInto("web_sessions").values(rowOf(session)).execute();
    },

    async find(hash) {
      const row = await selectGood().where("session.hash", "=", hash).executeTakeFirst();
      return row && toSession(row);
    },

    async listLive(userId, nowMs) {
      const rows = await selectGood()
        .where("session.user_id", "=", userId)
        .where("session.expires_at_ms", ">", nowMs)
        .orderBy("session.created_at_ms", "desc")
        .orderBy("session.hash")
        .execute();
      return rows.map(toSession);
    },

    async touch(hash, nowMs) {
      await db.updateTable("web_sessions").set({ last_seen_at_ms: nowMs }).where("hash", "=", hash).execute();
    },

    async remove(hash) {
      await db.deleteFrom("web_sessions").where("hash", "=", hash).execute();
    },

    async removeOfUser(userId, keep = "") {
      const gone = await db
        .deleteFrom("web_sessions")
        .where("user_id", "=", userId)
        .where("id", "!=", keep)
        .returning("id")
        .execute();
      await db
        .updateTable("web_sessions")
        .set({ family_id: null, token_id: null })
        .where("id", "=", keep)
        .execute();
      return gone.map(({ id }) => id);
    },
  };
}

function toSession(row: Tables["web_sessions"]): StoredWebSession {
  return {
    id: row.id,
    hash: row.hash,
    userId: row.user_id,
    clientId: row.client_id,
    scope: row.scope,
    createdAtMs: row.created_at_ms,
    lastSeenAtMs: row.last_seen_at_ms,
    expiresAtMs: row.expires_at_ms,
    proof: known(WEB_SESSION_PROOFS, row.proof, "web_sessions.proof"),
    familyId: row.family_id ?? undefined,
    tokenId: row.token_id ?? undefined,
    ip: row.ip ?? undefined,
    userAgent: row.user_agent ?? undefined,
  };
}
