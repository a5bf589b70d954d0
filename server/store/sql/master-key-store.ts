import { sql, type Kysely } from "kysely";
import { MODEL_CONNECTION_SEALED_FOR } from "#server/domain/assistant/model-connection.ts";
import type { MasterKeyRecord, MasterKeyStore } from "#server/domain/master-key/key-ring.ts";
import type { SealPurpose } from "#server/domain/master-key/purposes.ts";
import type { SealedPlace, SealedRow } from "#server/domain/master-key/rotate-master-key.ts";
import type { Tables } from "./schema.ts";
import { withoutTotp } from "./totp-store.ts";

/** The only row. */
const ONE = "one";
const BATCH_ROWS = 200;

/** {@link MasterKeyStore} on SQL. */
export function createMasterKeyStore(db: Kysely<Tables>): MasterKeyStore {
  return {
    async read() {
      const row = await db.selectFrom("master_key").selectAll().executeTakeFirst();
      return (
        row && {
          id: row.id,
          previousId: row.previous_id ?? undefined,
          keptSealed: row.kept_sealed ?? undefined,
        }
      );
    },
    async insert(record) {
      await db
        .insertInto("master_key")
        .values({ one: ONE, ...rowOf(record) })
        .onConflict((c) => c.doNothing())
        .execute();
    },
    async replace(fromId, record) {
      const { numUpdatedRows } = await db
        .updateTable("master_key")
        .set(rowOf(record))
        .where("id", "=", fromId)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },
    async anySigningKey() {
      const row = await db
        .selectFrom("signing_keys")
        .select(["kid", "sealed_private_key"])
        .orderBy("kid")
        .executeTakeFirst();
      return row && { kid: row.kid, sealed: row.sealed_private_key };
    },
  };
}

function rowOf({ id, previousId, keptSealed }: MasterKeyRecord) {
  return { id, previous_id: previousId ?? null, kept_sealed: keptSealed ?? null };
}

/**
 * Gives up what is sealed with a key that is lost, and names the new one. Resolves to the logins that had a second factor:
 * they have none now.
 */
export async function giveUpSealed(trx: Kysely<Tables>, id: string): Promise<readonly string[]> {
  await trx.deleteFrom("master_key").execute();
  await trx
    .insertInto("master_key")
    .values({ one: ONE, ...rowOf({ id, previousId: undefined, keptSealed: undefined }) })
    .execute();
  for (const table of ["signing_keys", "oidc_payloads", "model_connection", "recovery_codes"] as const)
    await trx.deleteFrom(table).execute();
  const without = await trx
    .updateTable("accounts")
    .set(withoutTotp)
    .where((eb) => eb.or([eb("totp_sealed", "is not", null), eb("totp_pending_sealed", "is not", null)]))
    .returning("login")
    .execute();
  return without.map(({ login }) => login).toSorted();
}

interface Column {
  readonly table: string;
  readonly column: string;
  /** Of the primary key. */
  readonly key: readonly string[];
  readonly aadOf: (key: readonly string[]) => string;
}

const own = (key: readonly string[]): string => key.join(":");
/** For each purpose every column with a secret, and where it belongs. */
const columns: Readonly<Record<SealPurpose, readonly Column[]>> = {
  "signing-key-seal": [{ table: "signing_keys", column: "sealed_private_key", key: ["kid"], aadOf: own }],
  "totp-secrets": [
    { table: "accounts", column: "totp_sealed", key: ["id"], aadOf: own },
    { table: "accounts", column: "totp_pending_sealed", key: ["id"], aadOf: own },
  ],
  "oidc-payload-seal": [
    { table: "oidc_payloads", column: "sealed_payload", key: ["model", "id_hash"], aadOf: own },
  ],
  // For five minutes, in a form of a page.
  "oidc-sign-in-proof": [],
  "model-connection-seal": [
    { table: "model_connection", column: "sealed", key: ["id"], aadOf: () => MODEL_CONNECTION_SEALED_FOR },
  ],
};

/** All secrets of a database; {@link SealedPlace} on SQL. */
export function sealedPlaces(db: Kysely<Tables>): readonly SealedPlace[] {
  const purposes = Object.entries(columns) as [SealPurpose, readonly Column[]][];
  return purposes.flatMap(([purpose, sealed]) => sealed.map((column) => placeOf(db, purpose, column)));
}

function placeOf(
  db: Kysely<Tables>,
  purpose: SealPurpose,
  { table, column, key, aadOf }: Column,
): SealedPlace {
  const names = sql.join(key.map((name) => sql.ref(name)));
  return {
    name: `${table}.${column}`,
    purpose,
    async next(after) {
      const from = after === undefined ? sql`` : sql`and (${names}) > (${valuesOf(after)})`;
      const { rows } = await sql<Readonly<Record<string, string>>>`
        select ${names}, ${sql.ref(column)} as sealed from ${sql.table(table)}
        where ${sql.ref(column)} is not null ${from} order by ${names} limit ${sql.lit(BATCH_ROWS)}`.execute(
        db,
      );
      return rows.map((row): SealedRow => {
        const values = key.map((name) => row[name] ?? "");
        return { key: values, sealed: row["sealed"] ?? "", aad: aadOf(values) };
      });
    },
    async replace({ key: at, sealed: before }, sealed) {
      const { numAffectedRows = 0n } = await sql`
        update ${sql.table(table)} set ${sql.ref(column)} = ${sealed}
        where (${names}) = (${valuesOf(at)}) and ${sql.ref(column)} = ${before}`.execute(db);
      return numAffectedRows === 1n;
    },
  };
}

function valuesOf(of: readonly string[]) {
  return sql.join(of.map((value) => sql.val(value)));
}
