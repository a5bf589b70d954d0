import type { OwnAccount } from "#contract/own-account.ts";
import type { OwnAccountClient } from "#engine/account/own-account-client.ts";

/** What every part of the profile works with. */
export interface Own {
  readonly account: OwnAccount;
  readonly client: OwnAccountClient;
  /** Reads the account again: something of it has changed. */
  readonly reload: () => void;
}

/** A request of the profile that takes longer has failed. */
const REQUEST_TIMEOUT_MS = 30_000;

export function requestSignal(): AbortSignal {
  return AbortSignal.timeout(REQUEST_TIMEOUT_MS);
}
