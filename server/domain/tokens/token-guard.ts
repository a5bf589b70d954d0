import { PipitError } from "#contract/pipit-error.ts";
import { accountClosed, signInEnded } from "#server/domain/access/ended-sign-in.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { Clock } from "#contract/clock.ts";
import type { MessageBus } from "#server/domain/message-bus.ts";
import { createBriefCache } from "./brief-cache.ts";
import type { SignInRef, TokenState, TokenStateStore } from "./ports.ts";
import { createSignInWatch } from "./sign-in-watch.ts";

/** On the bus: whose state has changed. */
const CHANNEL = "token-guard";
/** More tokens than this in one second, and the oldest are looked up again. */
const MAX_ENTRIES = 10_000;

interface GuardOptions {
  /** Lets a caller pass who owes a code of the second factor, for the call that takes it. */
  readonly allowPendingOtp?: boolean | undefined;
}

interface TokenGuardOptions {
  readonly states: Pick<TokenStateStore, "find">;
  readonly clock: Clock;
  readonly bus: MessageBus;
}

/** Knows about a token what its signature cannot say: whether it, its session, account and client still are good. */
export type TokenGuard = ReturnType<typeof createTokenGuard>;

export function createTokenGuard({ states, clock, bus }: TokenGuardOptions) {
  const cache = createBriefCache<TokenState>(clock, MAX_ENTRIES);
  const find = async (caller: Caller): Promise<TokenState> => {
    const [state] = await states.find([refOf(caller)]);
    if (state === undefined) throw new Error("the store does not answer what was asked");
    return state;
  };
  const watch = createSignInWatch(async (callers) => {
    const found = await states.find(callers.map(refOf));
    return callers.map((caller, at) => endOf(caller, found[at]));
  });
  bus.subscribe<{ readonly id?: string }>(CHANNEL, ({ id }) => {
    cache.forget(id);
    watch.lookNow();
  });
  return {
    /**
     * Resolves to the caller, with `pendingOtp` if a code is owed; a caller without a token passes as it is.
     *
     * @throws PipitError TOKEN_INVALID (ended, revoked, client switched off), ACCOUNT_CLOSED; OTP_REQUIRED unless `allowPendingOtp`
     */
    async check(caller: Caller, { allowPendingOtp = false }: GuardOptions = {}): Promise<Caller> {
      const { tokenId, sessionId } = caller;
      if (tokenId === undefined) return caller;
      const state = await cache.find(tokenId, () => find(caller), sessionId);
      const end = endOf(caller, state);
      if (end !== undefined) throw end;
      if (state.session !== "pending-otp") return caller;
      if (!allowPendingOtp) {
        throw new PipitError("OTP_REQUIRED", "This sign-in still owes the code of the second factor.", {
          field: "otp",
        });
      }
      return { ...caller, pendingOtp: true };
    },

    /**
     * For what goes on after its caller was let in: a stream, a socket. Calls `end` once, with the error to end it by, when
     * the sign-in has ended: within a second, whichever server ended it. That a token has merely expired ends nothing. A
     * caller who proved nothing (anonymous, the internal key) is never told. Disposing of the result ends the watch.
     */
    watch: (caller: Caller, end: (error: PipitError) => void): Disposable =>
      watch.add(caller, (error) => {
        // What it asks next, as whether that is true, must not be answered by what was so a moment ago.
        for (const id of [caller.sessionId, caller.tokenId]) if (id !== undefined) cache.forget(id);
        end(error);
      }),

    /** No process believes anything of this session or token any more; call it after a revocation was committed. */
    forget: (sessionOrTokenId: string): void => void bus.publish(CHANNEL, { id: sessionOrTokenId }),

    /** The same for everybody, e.g. when a client or account was switched off. */
    forgetAll: (): void => void bus.publish(CHANNEL, {}),
  };
}

function refOf({ tokenId: jti, sessionId: sid, ...caller }: Caller): SignInRef {
  const { webSessionId, apiKeyId, userId, clientId } = caller;
  return { jti, sid, webSessionId, apiKeyId, userId, clientId };
}

/** Why the sign-in is over; undefined while it is good. */
function endOf({ kind }: Caller, state: TokenState | undefined): PipitError | undefined {
  if (state === undefined) return undefined;
  // First: it ends all sessions as well. A service has no account; a person without one was removed.
  if (state.accountActive === false || (state.accountActive === undefined && kind === "user"))
    return accountClosed();
  if (state.session === "revoked" || state.session === "unknown")
    return signInEnded(`session ${state.session}`);
  if (state.jtiRevoked) return signInEnded("token revoked");
  if (!state.clientActive) return signInEnded("client switched off");
  return undefined;
}
