import type { Kysely } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import type { SigningKeyStore, StoredSigningKey } from "#server/domain/tokens/ports.ts";
import type { SigningKeyRow, Tables } from "./schema.ts";

/** {@link SigningKeyStore} on SQL; a partial unique index allows one signing key per algorithm. */
export function createSigningKeyStore(db: Kysely<Tables>): SigningKeyStore {
  return {
    async list() {
      const rows = await db
        .selectFrom("signing_keys")
        .selectAll()
        .orderBy("created_at_ms")
        .orderBy("kid")
        .execute();
      return rows.map(toKey);
    },

    async insertFirst(key) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("signing_keys")
        .values({
          kid: key.kid,
          algorithm: key.algorithm,
          public_jwk: key.publicJwk,
          sealed_private_key: key.sealedPrivateKey,
          state: key.state,
          created_at_ms: key.createdAtMs,
        })
        .onConflict((c) => c.doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    },
  };
}

function toKey(row: SigningKeyRow): StoredSigningKey {
  return {
    kid: row.kid,
    algorithm: known(["RS256", "ES256"], row.algorithm),
    publicJwk: row.public_jwk,
    sealedPrivateKey: row.sealed_private_key,
    state: known(["next", "signing", "retired"], row.state),
    createdAtMs: row.created_at_ms,
  };
}

function known<const T extends string>(allowed: readonly T[], value: string): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw new PipitError(
    "STORAGE_CORRUPT",
    "A signing key in the database is damaged. Restore a backup of it.",
    {
      detail: `unexpected value ${JSON.stringify(value)} in signing_keys`,
    },
  );
}
