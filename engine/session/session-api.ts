import type { AuthState, TokenPlace } from "#contract/auth-state.ts";
import type { Logger } from "#contract/logger.ts";
import type { Credentials, Clock, HttpClient, TokenStore } from "#engine/ports.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";

/** What a host gives {@link Session}. */
export interface SessionDeps {
  readonly tokenStore: TokenStore;
  readonly http: HttpClient;
  /** Gives the one-time secret of a server on this very machine, if there is one. */
  readonly localSecret: () => Promise<string | undefined>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** OAuth client id (contract/auth-wire.ts). */
  readonly clientId: string;
  /** The server that `http` talks to; tokens of another one are never sent. */
  readonly serverUrl: string;
}

/** Told after every change of the tokens at hand; carries no token. */
export interface TokenUpdated {
  readonly name: "auth.token_updated";
  readonly accountId: string;
  readonly accessExpiresAtMs: number;
}

/** The present sign-in, for callers that make no requests. */
export interface SignInState {
  readonly store: ReadonlyStore<AuthState>;
  /** Reads the stored sign-in; resolves to the resulting state and never throws. Offline is no reason to sign out. */
  restore(signal: AbortSignal): Promise<AuthState>;
}

/** Who is signed in, and the only holder of tokens outside the token store. */
export interface Session extends SignInState, Credentials, AsyncDisposable {
  /** Where the tokens rest; for telling the person of a fallback. */
  place(): TokenPlace;
  onTokenUpdated(listener: (event: TokenUpdated) => void): () => void;
  /**
   * Signs in to the local account of a server on this machine with its one-time secret.
   *
   * @throws PipitError SIGNED_OUT (no secret: not this machine's server), NOT_ALLOWED (secret refused),
   *   SERVER_UNREACHABLE, RATE_LIMITED.
   */
  signInLocally(signal: AbortSignal): Promise<AuthState>;
  /**
   * Signs in with an access token given by hand (seed 000, `/login <token>`). It is not verified here: the server will.
   *
   * @throws PipitError TOKEN_INVALID (not a JWT), TOKEN_EXPIRED.
   */
  signInWithToken(token: string, signal: AbortSignal): Promise<AuthState>;
  /** Forgets the tokens at once, then revokes them at the server if it can be reached. Sending is blocked until sign-in. */
  signOut(signal: AbortSignal): Promise<void>;
}
