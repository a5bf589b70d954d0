import type { NewAccount } from "../domain/accounts/ports.ts";

/** An account that may sign in, for tests; its login is its id unless it is given. */
export function accountOf(given: Partial<NewAccount> & { readonly id: string }): NewAccount {
  return {
    login: given.id,
    displayName: `The account ${given.id}`,
    about: undefined,
    email: undefined,
    role: "user",
    local: false,
    active: true,
    createdAtMs: 1,
    updatedAtMs: 1,
    lastLoginAtMs: undefined,
    passwordHash: undefined,
    ...given,
  };
}
