import type { AuthState } from "#contract/auth-state.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Clock, HttpClient, TokenStore } from "#engine/ports.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";

/** What a host gives {@link Session}. */
export interface SessionDeps {
  readonly tokenStore: TokenStore;
  readonly http: HttpClient;
  /** Gives the one-time secret of a server on this very machine, if there is one. */
  readonly localSecret: () => Promise<string | undefined>;
  readonly listenForRedirect: ListenForRedirect;
  readonly clock: Clock;
  readonly logger: Logger;
  /** OAuth client id (contract/auth-wire.ts). */
  readonly clientId: string;
  /** The server that `http` talks to; tokens of another one are never sent. */
  readonly serverUrl: string;
}

/** What to say to a browser that came back: its sign-in is through, was refused, or is not the one that is waited for. */
export type RedirectOutcome = "done" | "refused" | "unknown";

/** Opens a port of this machine at which the browser comes back (RFC 8252 §7.3), until it is disposed of. */
export type ListenForRedirect = (
  take: (address: URL) => RedirectOutcome,
) => Promise<{ readonly redirectUri: string } & AsyncDisposable>;

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

/** What a request without a sign-in is told. */
export function signedOutError(): PipitError {
  const message = "You are not signed in. Sign in and try again; unsent messages are kept.";
  return new PipitError("SIGNED_OUT", message);
}
