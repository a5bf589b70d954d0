import { PipitError } from "#contract/pipit-error.ts";
import { isNormalizable } from "#server/domain/accounts/normalizable.ts";
import { LOGIN_MAX_CHARS, loginKeyOf } from "#contract/account-rules.ts";
import type { Account, AccountStore } from "#server/domain/accounts/ports.ts";
import type { Caller } from "#server/domain/access/caller.ts";

/** The caller's account, if the request names it. Throws INVALID_REQUEST: the token decides, whatever is asked. */
export async function ownAccountOf(
  accounts: Pick<AccountStore, "findById">,
  caller: Caller,
  login: string,
): Promise<Account> {
  const account = await accounts.findById(caller.userId);
  const isName = isNormalizable(login, LOGIN_MAX_CHARS);
  if (account !== undefined && isName && loginKeyOf(account.login) === loginKeyOf(login)) return account;
  throw new PipitError("INVALID_REQUEST", "No such user: the login must be the one that the token is for.", {
    field: "login",
  });
}
