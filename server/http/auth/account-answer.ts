import type { Account } from "#server/domain/accounts/ports.ts";

/** Who is signed in, as the page's engine reads it. */
export interface AccountAnswer {
  readonly account_id: string;
  readonly account_name: string;
  /** True for the account that the server made for its own machine. */
  readonly local: boolean;
  /** When the sign-in ends, epoch milliseconds. */
  readonly expires_at: number;
}

export function toAccountAnswer(account: Account, expiresAtMs: number): AccountAnswer {
  return {
    account_id: account.id,
    account_name: account.displayName,
    local: account.local,
    expires_at: expiresAtMs,
  };
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
