import { createStore } from "zustand/vanilla";
import type { AuthState } from "#contract/auth-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { SendingSession } from "#engine/session/session-api.ts";

/** A session whose state the test sets. Its tokens are "token-1", "token-2" and so on. */
export interface FakeSession extends SendingSession {
  signIn(accountId: string): void;
  signOut(reason?: "logout" | "expired" | "refused"): void;
  /** What the next `accessToken` and `renew` throw, until set to undefined. */
  failWith(error: PipitError | undefined): void;
  readonly renewals: string[];
  readonly refusals: string[];
}

export function createFakeSession(accountId?: string): FakeSession {
  const store = createStore<AuthState>()(() => ({ kind: "unknown" }));
  let generation = 1;
  let failure: PipitError | undefined;
  const renewals: string[] = [];
  const refusals: string[] = [];

  function signIn(id: string): void {
    store.setState({ kind: "signed-in", accountId: id, accountName: id, local: true }, true);
  }
  function signOut(reason: "logout" | "expired" | "refused" = "logout"): void {
    store.setState({ kind: "signed-out", reason }, true);
  }
  async function token(): Promise<string> {
    if (failure !== undefined) throw failure;
    if (store.getState().kind !== "signed-in") throw new PipitError("SIGNED_OUT", "You are not signed in.");
    return `token-${generation}`;
  }

  if (accountId !== undefined) signIn(accountId);
  return {
    store,
    signIn,
    signOut,
    failWith(error) {
      failure = error;
    },
    renewals,
    refusals,
    async restore() {
      if (store.getState().kind === "unknown") store.setState({ kind: "signed-out", reason: "never" }, true);
      return store.getState();
    },
    accessToken: token,
    async renew(rejected) {
      renewals.push(rejected);
      generation += 1;
      return token();
    },
    async refuse(refused) {
      refusals.push(refused);
      signOut("refused");
    },
  };
}
