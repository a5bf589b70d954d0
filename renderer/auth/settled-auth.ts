import type { AuthState } from "#contract/auth-state.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";

function isKnown({ kind }: AuthState): boolean {
  return kind !== "unknown" && kind !== "signing-in";
}

/** Who is signed in once that is known. */
export function settledAuth(auth: ReadonlyStore<AuthState>): Promise<AuthState> {
  const { promise, resolve } = Promise.withResolvers<AuthState>();
  const stop = auth.subscribe((state) => {
    if (isKnown(state)) resolve(state);
  });
  if (isKnown(auth.getState())) resolve(auth.getState());
  return promise.finally(stop);
}
