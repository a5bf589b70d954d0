import type { Kysely } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import type { Account, AccountStore } from "#server/domain/accounts/ports.ts";
import type { AccountRow, Tables } from "./schema.ts";

/** {@link AccountStore} on SQL. `create` throws INVALID_REQUEST (field "login") when the login is taken. */
export function createAccountStore(db: Kysely<Tables>): AccountStore {
  return {
    async create(account) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("accounts")
        .values({
          id: account.id,
          login: account.login,
          display_name: account.displayName,
          is_local: account.local ? 1 : 0,
          is_active: account.active ? 1 : 0,
          created_at_ms: account.createdAtMs,
        })
        .onConflict((c) => c.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows !== 1n) {
        throw new PipitError("INVALID_REQUEST", "This login is taken. Choose another one.", {
          field: "login",
        });
      }
    },

    async findById(id) {
      const row = await db.selectFrom("accounts").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : toAccount(row);
    },

    async findByLogin(login) {
      const row = await db.selectFrom("accounts").selectAll().where("login", "=", login).executeTakeFirst();
      return row === undefined ? undefined : toAccount(row);
    },
  };
}

function toAccount(row: AccountRow): Account {
  return {
    id: row.id,
    login: row.login,
    displayName: row.display_name,
    local: row.is_local === 1,
    active: row.is_active === 1,
    createdAtMs: row.created_at_ms,
  };
}
