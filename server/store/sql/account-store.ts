import { loginKeyOf } from "#contract/account-rules.ts";
import { sql, type ExpressionBuilder, type Kysely } from "kysely";
import { PipitError } from "#contract/pipit-error.ts";
import type {
  Account,
  AccountChange,
  AccountCredentials,
  AccountQuery,
  AccountStore,
  AccountWithCredentials,
  NewAccount,
} from "#server/domain/accounts/ports.ts";
import type { AccountRow, Tables } from "./schema.ts";
import { isUniqueViolation } from "../errors/storage-errors.ts";
import { eraseOwned } from "../accounts/account-tables.ts";
import type { DatabaseTime } from "./database-time.ts";
import { fileChanged, refile } from "./memory-file-store.ts";
import { known, rowOf, toFlag } from "./stored-values.ts";
import type { SyncLog } from "../sync/sync-log.ts";

/** {@link AccountStore} on SQL; unique indexes decide who was first. */
export function createAccountStore(db: Kysely<Tables>, time: DatabaseTime, sync: SyncLog): AccountStore {
  return {
    create: (account) => create(db, account),
    eraseOwned: (id) => eraseOwned(db, id),
    remove: (id) => remove(db, id),

    findById: (id) => findById(db, id),

    async loginsOf(ids) {
      if (ids.length === 0) return [];
      const rows = await db.selectFrom("accounts").select("login").where("id", "in", ids).execute();
      return rows.map(({ login }) => login);
    },

    async findByLogin(login) {
      const row = await db
        .selectFrom("accounts")
        .selectAll()
        .where("login_key", "=", loginKeyOf(login))
        .executeTakeFirst();
      return row === undefined ? undefined : toAccount(row);
    },

    async findForSignIn(name) {
      const row = await findForSignIn(db, name);
      return row === undefined ? undefined : withCredentials(row);
    },

    async findWithCredentials(id) {
      const row = await db.selectFrom("accounts").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : withCredentials(row);
    },

    async lock(id) {
      const row = await db
        .updateTable("accounts")
        .set((eb) => ({ updated_at_ms: eb.ref("updated_at_ms") }))
        .where("id", "=", id)
        .returningAll()
        .returning(time().as("now_ms"))
        .executeTakeFirst();
      return row === undefined ? undefined : { ...withCredentials(row), nowMs: row.now_ms };
    },

    async credentialsOf(userId) {
      const row = await db.selectFrom("accounts").selectAll().where("id", "=", userId).executeTakeFirst();
      return row === undefined ? undefined : toCredentials(row);
    },

    update: (id, change, nowMs) => updateAndNote(db, sync, id, change, nowMs),

    async setPassword(id, passwordHash, nowMs) {
      const last = sql<number>`coalesce(password_changed_at_ms, 0)`;
      const changed = await db
        .updateTable("accounts")
        .set((eb) => ({
          password_hash: passwordHash,
          password_changed_at_ms: sql`case when ${last} < ${nowMs} then ${nowMs} else ${last} + 1 end`,
          credentials_version: eb("credentials_version", "+", 1),
          updated_at_ms: nowMs,
        }))
        .where("id", "=", id)
        .returning("password_changed_at_ms")
        .executeTakeFirst();
      return changed?.password_changed_at_ms ?? nowMs;
    },

    async upgradePasswordHash(id, from, to) {
      await db
        .updateTable("accounts")
        .set({ password_hash: to })
        .where("id", "=", id)
        .where("password_hash", "=", from)
        .execute();
    },

    async setLastLogin(id) {
      await db.updateTable("accounts").set({ last_login_at_ms: time() }).where("id", "=", id).execute();
    },

    list: (query) => list(db, query),

    async count() {
      const { count } = await db
        .selectFrom("accounts")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
      return count;
    },
  };
}

async function create(db: Kysely<Tables>, account: NewAccount): Promise<void> {
  const loginKey = loginKeyOf(account.login);
  const emailKey = account.email === undefined ? undefined : emailKeyOf(account.email);
  await refuseTaken(db, account.id, loginKey, emailKey);
  // No error in the database: on PostgreSQL it would end the transaction that this may be a part of.
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("accounts")
    .values(toRow(account))
    .onConflict((c) => c.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 1n) return;
  // Another request was faster.
  await refuseTaken(db, account.id, loginKey, emailKey);
  throw loginTaken();
}

/**
 * Throws when another account has the login or the address. Also when one's login is the other's address: a
 * sign-in could mean either. This alone no index guards, see {@link findForSignIn}.
 */
async function refuseTaken(
  db: Kysely<Tables>,
  id: string,
  loginKey: string | undefined,
  emailKey: string | undefined,
): Promise<void> {
  const keys = [loginKey, emailKey].filter((key) => key !== undefined);
  if (keys.length === 0) return;
  const others = await db
    .selectFrom("accounts")
    .select(["login_key", "email_key"])
    .where("id", "!=", id)
    .where((eb) => eb.or([eb("login_key", "in", keys), eb("email_key", "in", keys)]))
    .execute();
  const isTaken = (key: string | undefined): boolean =>
    others.some((other) => key !== undefined && (other.login_key === key || other.email_key === key));
  if (isTaken(loginKey)) throw loginTaken();
  if (isTaken(emailKey)) throw emailTaken();
}

/**
 * Of two accounts, one with this login and one with this address, the login's: no user loses a login to an address. One
 * statement that takes the same time for all names; with OR in its WHERE, SQLite would prepare it anew for each of them.
 */
async function findForSignIn(db: Kysely<Tables>, name: string): Promise<AccountRow | undefined> {
  const { rows } = await sql<AccountRow>`
    select * from accounts where id = coalesce(
      (select id from accounts where login_key = ${loginKeyOf(name)}),
      (select id from accounts where email_key = ${emailKeyOf(name)})
    )`.execute(db);
  return rows[0];
}

/** An account that is switched off has nobody who follows it. */
function updateAndNote(
  db: Kysely<Tables>,
  sync: SyncLog,
  id: string,
  change: AccountChange,
  nowMs: number,
): Promise<Account | undefined> {
  return sync.change(
    db,
    { userId: id, kind: "settings.changed" },
    (trx) => update(trx, id, change, nowMs),
    (account) => account?.active === true,
  );
}

async function findById(db: Kysely<Tables>, id: string): Promise<Account | undefined> {
  const row = await db.selectFrom("accounts").selectAll().where("id", "=", id).executeTakeFirst();
  return row && toAccount(row);
}

async function remove(db: Kysely<Tables>, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom("accounts")
    .where("id", "=", id)
    .where("is_active", "=", 0)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

async function update(
  db: Kysely<Tables>,
  id: string,
  change: AccountChange,
  nowMs: number,
): Promise<Account | undefined> {
  const { displayName, about, email, role, active } = change;
  if (typeof email === "string") await refuseTaken(db, id, undefined, emailKeyOf(email));
  const statement = db
    .updateTable("accounts")
    .set((eb) => ({
      ...(displayName !== undefined && { display_name: displayName }),
      ...(about !== undefined && { about }),
      ...(email !== undefined && { email, email_key: email === null ? null : emailKeyOf(email) }),
      ...(role !== undefined && { role }),
      ...(active !== undefined && {
        is_active: toFlag(active),
        credentials_version: eb("credentials_version", "+", 1),
      }),
      updated_at_ms: nowMs,
      ...fileChanged,
    }))
    .where("id", "=", id)
    .returningAll();
  try {
    const row = await statement.executeTakeFirst();
    // The files of all chats say how the person wants to be called.
    if (displayName !== undefined) await refile(db, id);
    return row === undefined ? undefined : toAccount(row);
  } catch (reason) {
    // Nothing else that is unique can change.
    throw isUniqueViolation(reason) ? emailTaken() : reason;
  }
}

async function list(
  db: Kysely<Tables>,
  { prefix, afterLoginKey, limit }: AccountQuery,
): Promise<readonly Account[]> {
  const rows = await db
    .selectFrom("accounts")
    .selectAll()
    .$if(afterLoginKey !== undefined, (query) => query.where("login_key", ">", afterLoginKey ?? ""))
    .$if(prefix !== undefined && prefix !== "", (query) =>
      query.where((eb) =>
        eb.or([
          startsWith(eb, "login_key", loginKeyOf(prefix ?? "")),
          startsWith(eb, "email_key", emailKeyOf(prefix ?? "")),
        ]),
      ),
    )
    .orderBy("login_key")
    .limit(limit)
    .execute();
  return rows.map(toAccount);
}

/** The same in every collation, and nothing in the prefix has a meaning, as it would have to LIKE. */
function startsWith(
  eb: ExpressionBuilder<Tables, "accounts">,
  column: "login_key" | "email_key",
  prefix: string,
) {
  return eb(eb.fn<string>("substr", [column, eb.lit(1), eb.val([...prefix].length)]), "=", prefix);
}

/** What must be unique about an address. */
function emailKeyOf(email: string): string {
  return email.normalize("NFC").toLowerCase();
}

function loginTaken(): PipitError {
  return new PipitError("INVALID_REQUEST", "This login is taken. Choose another one.", { field: "login" });
}

function emailTaken(): PipitError {
  return new PipitError(
    "INVALID_REQUEST",
    "Another account has this e-mail address. Use another address, or sign in to that account.",
    { field: "email" },
  );
}

function toRow({ local, active, ...account }: NewAccount) {
  return rowOf({
    ...account,
    loginKey: loginKeyOf(account.login),
    emailKey: account.email === undefined ? undefined : emailKeyOf(account.email),
    isLocal: local,
    isActive: active,
    passwordChangedAtMs: account.passwordHash === undefined ? undefined : account.createdAtMs,
    credentialsVersion: 0,
  });
}

function withCredentials(row: AccountRow): AccountWithCredentials {
  return { account: toAccount(row), credentials: toCredentials(row) };
}

/** What an account is to everybody but the sign-in. */
export const accountColumns = [
  "id",
  "login",
  "display_name",
  "about",
  "email",
  "role",
  "is_local",
  "is_active",
  "created_at_ms",
  "updated_at_ms",
  "last_login_at_ms",
  "credentials_version",
] as const satisfies readonly (keyof AccountRow)[];
export type PublicAccountRow = Pick<AccountRow, (typeof accountColumns)[number]>;

export function toAccount(row: PublicAccountRow): Account {
  return {
    id: row.id,
    login: row.login,
    displayName: row.display_name,
    about: row.about ?? undefined,
    email: row.email ?? undefined,
    role: known(["user", "admin"], row.role, "accounts.role"),
    local: row.is_local === 1,
    active: row.is_active === 1,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    lastLoginAtMs: row.last_login_at_ms ?? undefined,
    credentialsVersion: row.credentials_version,
  };
}

function toCredentials(row: AccountRow): AccountCredentials {
  return {
    userId: row.id,
    passwordHash: row.password_hash ?? undefined,
    passwordChangedAtMs: row.password_changed_at_ms ?? undefined,
    totpSealed: row.totp_sealed ?? undefined,
    totpPendingSealed: row.totp_pending_sealed ?? undefined,
    totpLastStep: row.totp_last_step ?? undefined,
  };
}
