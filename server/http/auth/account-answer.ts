import type { Account } from "#server/domain/accounts/ports.ts";

/** Who is signed in, as the page's engine reads it. */
export type AccountAnswer = ReturnType<typeof toAccountAnswer>;

/** @param expiresAtMs when the sign-in ends */
export function toAccountAnswer({ id, displayName, local }: Account, expiresAtMs: number) {
  // `local` is true for the account that the server made for its own machine.
  return { account_id: id, account_name: displayName, local, expires_at: expiresAtMs };
}

/** An account as its owner sees it, in the original's fields (docs/reference/accounts.md) and ours. */
export function toAccountBody(account: Account): Record<string, unknown> {
  return {
    id: account.id,
    login: account.login,
    display_name: account.displayName,
    about: account.about ?? null,
    email: account.email ?? null,
    role: account.role,
    created_at: new Date(account.createdAtMs).toISOString(),
  };
}
