import { sql, type Kysely } from "kysely";
import type { SignInRef, TokenState, TokenStateStore } from "#server/domain/tokens/ports.ts";
import type { Tables } from "./schema.ts";

/** Seven parameters each: far below what a statement may have. */
const AT_ONCE = 500;

/** {@link TokenStateStore} on SQL. */
export function createTokenStateStore(db: Kysely<Tables>): TokenStateStore {
  return {
    async find(signIns) {
      const found: TokenState[] = [];
      for (let from = 0; from < signIns.length; from += AT_ONCE) {
        found.push(...(await findSome(db, signIns.slice(from, from + AT_ONCE))));
      }
      return found;
    },

    async revokeJti(jti, expiresAtMs) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("revoked_access_tokens")
        .values({ jti, expires_at_ms: expiresAtMs })
        .onConflict((c) => c.column("jti").doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    },
  };
}

async function findSome(db: Kysely<Tables>, signIns: readonly SignInRef[]): Promise<readonly TokenState[]> {
  const asked = signIns.map(
    ({ sid, userId, clientId, jti, webSessionId, apiKeyId }, at) =>
      sql`(${String(at)}, ${sid ?? null}, ${userId}, ${clientId}, ${jti ?? null}, ${webSessionId ?? null}, ${apiKeyId ?? null})`,
  );
  const { rows } = await sql<StateRow>`
    with asked (at, sid, user_id, client_id, jti, web_id, key_id) as (values ${sql.join(asked)})
    select asked.at as at,
      case
        when asked.web_id is not null and web.id is null then 'unknown'
        when asked.key_id is not null and key.id is null then 'unknown'
        when family.revoked_at_ms is not null then 'revoked'
        when family.pending_otp = 1 then 'pending-otp'
        when family.id is null and coalesce(asked.sid, web.family_id) is not null then 'unknown'
        else 'live'
      end as session,
      account.is_active as account, case when key.id is null then client.is_active else 1 end as client,
      case when revoked.jti is null then 0 else 1 end as revoked
    from asked
    left join web_sessions web on web.id = asked.web_id
    left join api_keys key on key.id = asked.key_id
    left join refresh_families family on family.id = coalesce(asked.sid, web.family_id)
    left join accounts account on account.id = asked.user_id
    left join oauth_clients client on client.client_id = asked.client_id
    left join revoked_access_tokens revoked on revoked.jti = coalesce(asked.jti, web.token_id)`.execute(db);
  const states = new Map(rows.map((row) => [row.at, toState(row)]));
  return signIns.map((_one, at) => states.get(String(at)) ?? nothing);
}

const nothing: TokenState = {
  session: "unknown",
  accountActive: undefined,
  clientActive: false,
  jtiRevoked: false,
};

function toState({ session, account, client, revoked }: StateRow): TokenState {
  return {
    session,
    accountActive: account === null ? undefined : account === 1,
    clientActive: client === 1,
    jtiRevoked: revoked === 1,
  };
}

interface StateRow {
  readonly at: string;
  readonly session: TokenState["session"];
  /** null where there is no such row. */
  readonly account: number | null;
  readonly client: number | null;
  readonly revoked: number;
}
