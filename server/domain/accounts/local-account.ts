import { uuidV8 } from "#server/domain/uuid-v8.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Clock } from "#contract/clock.ts";
import type { MasterKey } from "#server/domain/master-key/master-key.ts";
import type { Account, AccountStore } from "./ports.ts";

/** Login of the local account; users cannot register it, because the server takes it on its first start. */
export const LOCAL_LOGIN = "local";
/** What it is called until its owner says otherwise. */
export const LOCAL_DISPLAY_NAME = "This computer";

interface LocalAccountOptions {
  readonly accounts: Pick<AccountStore, "create" | "findByLogin">;
  readonly masterKey: MasterKey;
  readonly clock: Clock;
}

/** The one local account of this server; made when it is missing. */
export type LocalAccount = ReturnType<typeof createLocalAccount>;

export function createLocalAccount({ accounts, masterKey, clock }: LocalAccountOptions) {
  const create = async (): Promise<Account> => {
    const nowMs = clock.nowMs();
    const account: Account = {
      // The same for as long as the data folder keeps its key, also when a damaged database was set aside: what clients
      // queued for this account must still find it.
      id: uuidV8(masterKey.derive("local account id")),
      login: LOCAL_LOGIN,
      displayName: LOCAL_DISPLAY_NAME,
      about: undefined,
      email: undefined,
      role: "user",
      local: true,
      active: true,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      lastLoginAtMs: undefined,
      credentialsVersion: 0,
    };
    try {
      await accounts.create({ ...account, passwordHash: undefined });
      return account;
    } catch (reason) {
      // Another process may have made it in the same moment; any other failure is none of ours.
      const other = await accounts.findByLogin(LOCAL_LOGIN);
      if (other === undefined) throw reason;
      return other;
    }
  };
  const find = async (): Promise<Account> => {
    const account = (await accounts.findByLogin(LOCAL_LOGIN)) ?? (await create());
    if (account.local) return account;
    throw switchedOff();
  };
  return {
    /** Also when it was switched off. */
    find,

    /** Throws NOT_ALLOWED when it was switched off. */
    async ensure(): Promise<Account> {
      const account = await find();
      if (account.active) return account;
      throw switchedOff();
    },
  };
}

function switchedOff(): PipitError {
  return new PipitError(
    "NOT_ALLOWED",
    "This server's local account is switched off. Sign in with your own account instead.",
  );
}
