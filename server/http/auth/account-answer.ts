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
