import { sql, type Kysely } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import {
  TOKEN_ALGORITHMS,
  type SigningKeyStore,
  type StoredSigningKey,
} from "#server/domain/tokens/ports.ts";
import type { SigningKeyRow, Tables } from "./schema.ts";
import { rowOf } from "./stored-values.ts";
import { inTransaction } from "./transaction.ts";

/** {@link SigningKeyStore} on SQL; partial unique indexes allow one signing and one next key per algorithm. */
export function createSigningKeyStore(db: Kysely<Tables>): SigningKeyStore {
  const insert = async (key: StoredSigningKey): Promise<boolean> => {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto("signing_keys")
      .values(rowOf(key))
      .onConflict((c) => c.doNothing())
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  };
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
    insertFirst: (key) => insert(key),
    insertNext: (key) => insert(key),
    promote: ({ from, to, nowMs, publishedBeforeMs }) =>
      inTransaction(db, async (trx) => {
        // The server that changes this row first has the whole step: the others wait for it, and then find nothing.
        const retired = await trx
          .updateTable("signing_keys")
          .set({ state: "retired", retired_at_ms: nowMs })
          .where("kid", "=", from)
          .where("state", "=", "signing")
          .where(({ exists, selectFrom }) =>
            exists(
              selectFrom("signing_keys as next")
                .select("next.kid")
                .where("next.kid", "=", to)
                .where("next.state", "=", "next")
                .where("next.created_at_ms", "<=", publishedBeforeMs)
                .whereRef("next.algorithm", "=", "signing_keys.algorithm"),
            ),
          )
          .executeTakeFirst();
        if (retired.numUpdatedRows !== 1n) return false;
        const { numUpdatedRows } = await trx
          .updateTable("signing_keys")
          .set({ state: "signing", signing_since_ms: nowMs })
          .where("kid", "=", to)
          .where("state", "=", "next")
          .executeTakeFirst();
        // Nothing else takes a key out of this state, but if something did, no key would sign: all or nothing.
        if (numUpdatedRows !== 1n) throw new PipitError("INTERNAL", "The next signing key has gone.");
        return true;
      }),
    async clampFuture(nowMs) {
      const atMost = (date: string) =>
        sql<number>`case when ${sql.ref(date)} > ${nowMs} then ${nowMs} else ${sql.ref(date)} end`;
      const { numUpdatedRows } = await db
        .updateTable("signing_keys")
        .set({
          created_at_ms: atMost("created_at_ms"),
          signing_since_ms: atMost("signing_since_ms"),
          retired_at_ms: atMost("retired_at_ms"),
        })
        .where(({ eb, or }) =>
          or([
            eb("created_at_ms", ">", nowMs),
            eb("signing_since_ms", ">", nowMs),
            eb("retired_at_ms", ">", nowMs),
          ]),
        )
        .executeTakeFirst();
      return Number(numUpdatedRows);
    },
    async removeRetired(retiredBeforeMs) {
      const { numDeletedRows } = await db
        .deleteFrom("signing_keys")
        .where("state", "=", "retired")
        .where("retired_at_ms", "<=", retiredBeforeMs)
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}

function toKey(row: SigningKeyRow): StoredSigningKey {
  return {
    kid: row.kid,
    algorithm: known(TOKEN_ALGORITHMS, row.algorithm),
    publicJwk: row.public_jwk,
    sealedPrivateKey: row.sealed_private_key,
    state: known(["next", "signing", "retired"], row.state),
    createdAtMs: row.created_at_ms,
    signingSinceMs: row.signing_since_ms ?? undefined,
    retiredAtMs: row.retired_at_ms ?? undefined,
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
