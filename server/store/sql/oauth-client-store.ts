import type { Kysely } from "kysely";
import {
  TOKEN_ALGORITHMS,
  type GrantType,
  type OauthClient,
  type OauthClientStore,
} from "#server/domain/tokens/ports.ts";
import type { OauthClientRow, Tables } from "./schema.ts";
import { known, parseStrings, rowOf } from "./stored-values.ts";

const grantTypes: readonly GrantType[] = [
  "password",
  "refresh_token",
  "authorization_code",
  "client_credentials",
  "urn:ietf:params:oauth:grant-type:device_code",
  "urn:pipit:params:oauth:grant-type:local",
];

/** {@link OauthClientStore} on SQL. */
export function createOauthClientStore(db: Kysely<Tables>): OauthClientStore {
  return {
    async insert(client) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("oauth_clients")
        .values(toRow(client))
        .onConflict((c) => c.column("client_id").doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    },

    async find(clientId) {
      const row = await db
        .selectFrom("oauth_clients")
        .selectAll()
        .where("client_id", "=", clientId)
        .executeTakeFirst();
      return row === undefined ? undefined : toClient(row);
    },

    async update(client) {
      const { client_id: clientId, created_at_ms: _, ...changed } = toRow(client);
      const { numUpdatedRows } = await db
        .updateTable("oauth_clients")
        .set(changed)
        .where("client_id", "=", clientId)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async list() {
      const rows = await db
        .selectFrom("oauth_clients")
        .selectAll()
        .orderBy("created_at_ms")
        .orderBy("client_id")
        .execute();
      return rows.map(toClient);
    },

    async remove(clientId) {
      const { numDeletedRows } = await db
        .deleteFrom("oauth_clients")
        .where("client_id", "=", clientId)
        .executeTakeFirst();
      return numDeletedRows === 1n;
    },
  };
}

function toRow({ confidential, firstParty, active, ...client }: OauthClient) {
  return rowOf({
    ...client,
    isConfidential: confidential,
    isFirstParty: firstParty,
    isActive: active,
    redirectUris: JSON.stringify(client.redirectUris),
    postLogoutRedirectUris: JSON.stringify(client.postLogoutRedirectUris),
    grantTypes: JSON.stringify(client.grantTypes),
  });
}

function toClient(row: OauthClientRow): OauthClient {
  return {
    clientId: row.client_id,
    name: row.name,
    secretHash: row.secret_hash ?? undefined,
    confidential: row.is_confidential === 1,
    firstParty: row.is_first_party === 1,
    applicationType: known(["native", "web"], row.application_type, "oauth_clients.application_type"),
    redirectUris: parseStrings(row.redirect_uris, "oauth_clients.redirect_uris"),
    postLogoutRedirectUris: parseStrings(
      row.post_logout_redirect_uris,
      "oauth_clients.post_logout_redirect_uris",
    ),
    grantTypes: parseStrings(row.grant_types, "oauth_clients.grant_types").map((type) =>
      known(grantTypes, type, "oauth_clients.grant_types"),
    ),
    scope: row.scope,
    allowPasswordGrant: row.allow_password_grant === 1,
    tokenAlgorithm: known(TOKEN_ALGORITHMS, row.token_algorithm, "oauth_clients.token_algorithm"),
    accessTtlSeconds: row.access_ttl_seconds,
    refreshTtlSeconds: row.refresh_ttl_seconds,
    refreshAbsoluteSeconds: row.refresh_absolute_seconds,
    refreshGraceMs: row.refresh_grace_ms,
    active: row.is_active === 1,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}
