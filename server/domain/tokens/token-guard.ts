import { PipitError } from "#contract/pipit-error.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { Clock } from "#contract/clock.ts";
import type { MessageBus } from "#server/domain/message-bus.ts";
import type { TokenState, TokenStateStore } from "./ports.ts";

/** What is known of a token is believed this long: a revocation that the bus does not bring works so late at most. */
const MAX_AGE_MS = 1_000;
/** On the bus: whose state has changed. */
const CHANNEL = "token-guard";
/** More tokens than this in one second, and the oldest are looked up again. */
const MAX_ENTRIES = 10_000;

interface GuardOptions {
  /** Lets a caller pass who owes a code of the second factor, for the call that takes it. */
  readonly allowPendingOtp?: boolean | undefined;
}

/** Knows about a token what its signature cannot say: whether it, its session, account and client still are good. */
export interface TokenGuard {
  /**
   * Resolves to the caller, with `pendingOtp` if a code is owed; a caller without a token passes as it is.
   *
   * @throws PipitError TOKEN_INVALID (ended, revoked, switched off); OTP_REQUIRED unless `allowPendingOtp`
   */
  check(caller: Caller, options?: GuardOptions): Promise<Caller>;
  /** No process believes anything of this session or token any more; call it after a revocation was committed. */
  forget(sessionOrTokenId: string): void;
  /** The same for everybody, e.g. when a client or account was switched off. */
  forgetAll(): void;
}

export interface TokenGuardOptions {
  readonly states: Pick<TokenStateStore, "find">;
  readonly clock: Clock;
  readonly bus: MessageBus;
  readonly maxAgeMs?: number;
}

/** Without an id: everybody. */
interface Forgotten {
  readonly id?: string;
}

interface Entry {
  readonly lookedAtMs: number;
  readonly sessionId: string | undefined;
  readonly state: Promise<TokenState>;
}

/** One look-up per token and second; look-ups of one token at once share one query. */
export function createTokenGuard(options: TokenGuardOptions): TokenGuard {
  const { states, clock, bus, maxAgeMs = MAX_AGE_MS } = options;
  /** By token id, oldest first. */
  const entries = new Map<string, Entry>();
  const tokensOf = new Map<string, Set<string>>();

  const remove = (tokenId: string, sessionId: string | undefined): void => {
    entries.delete(tokenId);
    if (sessionId === undefined) return;
    const tokens = tokensOf.get(sessionId);
    tokens?.delete(tokenId);
    if (tokens?.size === 0) tokensOf.delete(sessionId);
  };

  const add = (tokenId: string, entry: Entry): void => {
    const [oldest] = entries.size >= MAX_ENTRIES ? entries : [];
    if (oldest !== undefined) remove(oldest[0], oldest[1].sessionId);
    entries.set(tokenId, entry);
    if (entry.sessionId === undefined) return;
    const tokens = tokensOf.get(entry.sessionId);
    if (tokens === undefined) tokensOf.set(entry.sessionId, new Set([tokenId]));
    else tokens.add(tokenId);
  };

  const stateOf = (tokenId: string, { sessionId, userId, clientId }: Caller): Promise<TokenState> => {
    const lookedAtMs = clock.nowMs();
    const known = entries.get(tokenId);
    if (known !== undefined) {
      if (Math.abs(lookedAtMs - known.lookedAtMs) < maxAgeMs) return known.state;
      remove(tokenId, known.sessionId);
    }
    const entry: Entry = {
      lookedAtMs,
      sessionId,
      state: states.find({ sid: sessionId, userId, clientId, jti: tokenId }),
    };
    add(tokenId, entry);
    // A failure is no answer; it is not believed for a second.
    entry.state.catch(() => {
      if (entries.get(tokenId) === entry) remove(tokenId, sessionId);
    });
    return entry.state;
  };

  bus.subscribe<Forgotten>(CHANNEL, ({ id }) => {
    if (id === undefined) {
      entries.clear();
      tokensOf.clear();
      return;
    }
    remove(id, entries.get(id)?.sessionId);
    for (const tokenId of tokensOf.get(id) ?? []) entries.delete(tokenId);
    tokensOf.delete(id);
  });

  return {
    async check(caller, { allowPendingOtp = false } = {}) {
      if (caller.tokenId === undefined) return caller;
      const state = await stateOf(caller.tokenId, caller);
      refuseEnded(caller, state);
      if (state.session !== "pending-otp") return caller;
      if (!allowPendingOtp) {
        throw new PipitError("OTP_REQUIRED", "This sign-in still owes the code of the second factor.", {
          field: "otp",
        });
      }
      return { ...caller, pendingOtp: true };
    },

    forget: (id) => void bus.publish(CHANNEL, { id }),
    forgetAll: () => void bus.publish(CHANNEL, {}),
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
