import { PipitError } from "#contract/pipit-error.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { Clock } from "#contract/clock.ts";
import type { MessageBus } from "#server/domain/message-bus.ts";
import { createBriefCache } from "./brief-cache.ts";
import type { TokenState, TokenStateStore } from "./ports.ts";

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
  bus.subscribe<{ readonly id?: string }>(CHANNEL, ({ id }) => cache.forget(id));
  return {
    /**
     * Resolves to the caller, with `pendingOtp` if a code is owed; a caller without a token passes as it is.
     *
     * @throws PipitError TOKEN_INVALID (ended, revoked, switched off); OTP_REQUIRED unless `allowPendingOtp`
     */
    async check(caller: Caller, { allowPendingOtp = false }: GuardOptions = {}): Promise<Caller> {
      const { tokenId: jti, sessionId: sid, userId, clientId } = caller;
      if (jti === undefined) return caller;
      const state = await cache.find(jti, () => states.find({ sid, userId, clientId, jti }), sid);
      refuseEnded(caller, state);
      if (state.session !== "pending-otp") return caller;
      if (!allowPendingOtp) {
        throw new PipitError("OTP_REQUIRED", "This sign-in still owes the code of the second factor.", {
          field: "otp",
        });
      }
      return { ...caller, pendingOtp: true };
    },

    /** No process believes anything of this session or token any more; call it after a revocation was committed. */
    forget: (sessionOrTokenId: string): void => void bus.publish(CHANNEL, { id: sessionOrTokenId }),

    /** The same for everybody, e.g. when a client or account was switched off. */
    forgetAll: (): void => void bus.publish(CHANNEL, {}),
  };
}

function refuseEnded({ kind }: Caller, state: TokenState): void {
  if (state.session === "revoked" || state.session === "unknown") {
    throw ended(`session ${state.session}`);
  }
  if (state.jtiRevoked) throw ended("token revoked");
  if (!state.clientActive) throw ended("client switched off");
  // A service has no account; a person without one was removed.
  if (state.accountActive === false || (state.accountActive === undefined && kind === "user")) {
    throw ended("account switched off");
  }
}

/** One text for all: it is over, whatever ended it; the log gets the reason. */
function ended(detail: string): PipitError {
  return new PipitError("TOKEN_INVALID", "This sign-in has ended. Sign in again.", { detail });
}
