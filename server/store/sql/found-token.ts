import type { FoundToken } from "#server/domain/tokens/ports.ts";
import { accountColumns, toAccount, type PublicAccountRow } from "./account-store.ts";
import { toFamily } from "./refresh-token-store.ts";
import type { RefreshFamilyRow } from "./schema.ts";

/** What {@link findTokenText} answers; of the account, each column has `account_` before its name. */
export type FoundTokenRow = RefreshFamilyRow & {
  readonly hash: string;
  readonly generation: number;
  readonly token_expires_at_ms: number;
  readonly used_for_ms: number | null;
} & { readonly [Column in keyof PublicAccountRow as `account_${Column}`]: PublicAccountRow[Column] | null };

/**
 * The statement that finds a token with its family and account.
 *
 * SQLite prepares a join anew for each value in its WHERE (SQLITE_ENABLE_STAT4), which takes ten times as long as the
 * inner SELECT.
 *
 * @param now expression of the time in epoch milliseconds
 * @param hash placeholder of the token's hash
 */
export function findTokenText(now: string, hash: string): string {
  const ofAccount = accountColumns.map((column) => `a.${column} as account_${column}`).join(", ");
  return (
    "select f.*, t.hash, t.generation, t.expires_at_ms as token_expires_at_ms, " +
    `${now} - t.consumed_at_ms as used_for_ms, ${ofAccount} ` +
    `from (select * from refresh_tokens where hash = ${hash} limit 1) as t ` +
    "join refresh_families as f on f.id = t.family_id left join accounts as a on a.id = f.user_id"
  );
}

export function toFoundToken(row: FoundTokenRow): FoundToken {
  return {
    token: {
      hash: row.hash,
      familyId: row.id,
      generation: row.generation,
      expiresAtMs: row.token_expires_at_ms,
    },
    family: toFamily(row),
    account: accountOf(row),
    usedForMs: row.used_for_ms ?? undefined,
  };
}

function accountOf(row: FoundTokenRow): FoundToken["account"] {
  if (row.account_id === null) return undefined;
  const values = row as unknown as Readonly<Record<string, unknown>>;
  const entries = accountColumns.map((column) => [column, values[`account_${column}`]]);
  return toAccount(Object.fromEntries(entries) as PublicAccountRow);
}
