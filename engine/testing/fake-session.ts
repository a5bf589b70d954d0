import { createStore } from "zustand/vanilla";
import type { AuthState, SignedOutReason } from "#contract/auth-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Attachment, Credentials } from "#engine/ports.ts";
import type { SignInState } from "#engine/session/session-api.ts";

/** A session whose state the test sets. Its tokens are "token-1", "token-2" and so on. */
export interface FakeSession extends SignInState, Credentials {
  signIn(accountId: string): void;
  signOut(reason?: SignedOutReason): void;
  /** What the next `attach` and `renewAfter` throw, until set to undefined. */
  failWith(error: PipitError | undefined): void;
  readonly renewals: (string | undefined)[];
  readonly refusals: (string | undefined)[];
}

export function createFakeSession(accountId?: string): FakeSession {
  const store = createStore<AuthState>()(() => ({ kind: "unknown" }));
  let generation = 1;
  let failure: PipitError | undefined;
  const renewals: (string | undefined)[] = [];
  const refusals: (string | undefined)[] = [];

  function signIn(id: string): void {
    store.setState({ kind: "signed-in", accountId: id, accountName: id, local: true }, true);
  }
  function signOut(reason: SignedOutReason = "logout"): void {
    store.setState({ kind: "signed-out", reason }, true);
  }
  async function attachment(): Promise<Attachment> {
    if (failure !== undefined) throw failure;
    const state = store.getState();
    if (state.kind !== "signed-in") throw new PipitError("SIGNED_OUT", "You are not signed in.");
    return { accountId: state.accountId, token: `token-${generation}` };
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
    async attach(headers) {
      const attached = await attachment();
      headers.set("authorization", `Bearer ${attached.token}`);
      return attached;
    },
    async renewAfter({ token }) {
      renewals.push(token);
      generation += 1;
      await attachment();
    },
    async refuse({ token }, why) {
      refusals.push(token);
      signOut(why);
    },
  };
}
