import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import type { AuthState, RefusalReason, TokenPlace } from "#contract/auth-state.ts";
import type { DevicePrompt, SignInWays } from "#contract/sign-in.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { throwIfAborted, waitFor } from "#engine/abort.ts";
import type { Attachment, Credentials, KeptAccount, StoredTokens } from "#engine/ports.ts";
import { signInByBrowser, type OpenBrowser } from "./browser-sign-in.ts";
import { signInByDevice } from "./device-sign-in.ts";
import { readMetadata, waysOf } from "./discovery.ts";
import { HeldTokens } from "./held-tokens.ts";
import { exchangeSecret } from "./local-sign-in.ts";
import { signedOutError, type SessionDeps, type SignInState, type TokenUpdated } from "./session-api.ts";
import {
  createTokenEndpoint,
  type PasswordSignIn,
  type Registration,
  type TokenEndpoint,
} from "./token-endpoint.ts";
import { isOver, tokensByHand } from "./token-life.ts";
import { TokenRefresh } from "./token-refresh.ts";

/** Who is signed in, and the only holder of tokens outside the token store. Knows nothing yet; call `restore` first. */
export class Session implements SignInState, Credentials, AsyncDisposable {
  readonly store: ReadonlyStore<AuthState>;
  readonly #deps: SessionDeps;
  readonly #endpoint: TokenEndpoint;
  readonly #held: HeldTokens;
  readonly #refresh: TokenRefresh;
  /** Ends shared work when the session is disposed. */
  readonly #lifetime = new AbortController();
  /** The sign-in that runs: a newer one, or a sign-out, ends it. */
  #attempt: AbortController | undefined;
  /** What a sign-in that fails goes back to. */
  #before: AuthState = { kind: "unknown" };

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    this.#endpoint = createTokenEndpoint(deps.http, deps.clock, deps.clientId, deps.serverUrl);
    this.#held = new HeldTokens(deps);
    this.store = this.#held.state;
    const { clock, logger } = deps;
    const lifetime = this.#lifetime.signal;
    this.#refresh = new TokenRefresh({ held: this.#held, endpoint: this.#endpoint, clock, logger, lifetime });
  }

  /** Where the tokens rest; for telling the person of a fallback. */
  place(): TokenPlace {
    return this.#held.place();
  }

  onTokenUpdated(listener: (event: TokenUpdated) => void): () => void {
    return this.#held.onUpdated(listener);
  }

  async restore(signal: AbortSignal): Promise<AuthState> {
    try {
      const stored = await waitFor(this.#held.load(), signal);
      if (stored === undefined) this.#held.signedOut("never");
      else if (isOver(stored, this.#deps.clock.nowMs())) this.#held.signedOut("expired");
      else this.#held.adopt(stored);
    } catch (reason) {
      const error = PipitError.from(reason);
      if (error.code !== "CANCELLED") this.#held.failed(error);
    }
    return this.store.getState();
  }

  async attach(headers: Headers, signal: AbortSignal): Promise<Attachment> {
    const { accountId, accessToken: token } = await this.#refresh.live(await this.#current(signal), signal);
    headers.set("authorization", `Bearer ${token}`);
    return { accountId, token };
  }

  async renewAfter(refused: Attachment, signal: AbortSignal): Promise<void> {
    const tokens = await this.#current(signal);
    if (tokens.accessToken === refused.token) await this.#refresh.renewed(tokens, refused.token, signal);
  }

  async refuse(refused: Attachment, why: RefusalReason, signal: AbortSignal): Promise<void> {
    try {
      await this.#held.locked(async () => {
        const tokens = this.#held.current;
        if (tokens !== undefined && tokens.accessToken === refused.token) await this.#held.end(tokens, why);
      }, signal);
    } catch (reason) {
      this.#deps.logger.warn("auth.refuse_failed", { detail: PipitError.from(reason).message });
    }
  }

  /**
   * Which ways to sign in the server offers, by its discovery document (RFC 8414).
   *
   * @throws PipitError SERVER_UNREACHABLE, SERVER_TOO_OLD, CANCELLED
   */
  async ways(signal: AbortSignal): Promise<SignInWays> {
    return waysOf(await readMetadata(this.#deps.http, signal));
  }

  /**
   * Signs in by login (or e-mail address) and password, and the code of the second factor or a recovery code. The
   * state is as before when it fails.
   *
   * @throws PipitError CREDENTIALS_INVALID, OTP_REQUIRED (again with a code), OTP_INVALID (wrong or used), ACCOUNT_LOCKED
   *   and RATE_LIMITED (with retryAfterMs), NOT_ALLOWED (the server takes no passwords of programs), INVALID_REQUEST,
   *   SERVER_UNREACHABLE, STORAGE_* and KEYCHAIN_* (the sign-in cannot be kept), CANCELLED (also by a newer sign-in)
   */
  signInWithPassword(given: PasswordSignIn, signal: AbortSignal): Promise<AuthState> {
    return this.#signIn(async (limited) => {
      const answer = await this.#endpoint.password(given, limited);
      if (answer.kind === "refused") throw answer.error;
      await this.#take(answer.tokens, limited);
    }, signal);
  }

  /**
   * Signs in at the server's pages in the system's browser, which `open` shows. Giving up closes the port.
   *
   * @throws PipitError as {@link signInByBrowser}; STORAGE_*, KEYCHAIN_*
   */
  signInByBrowser(open: OpenBrowser, signal: AbortSignal): Promise<AuthState> {
    const deps = { ...this.#deps, endpoint: this.#endpoint };
    return this.#signIn(async (limited) => {
      await this.#take(await signInByBrowser(deps, open, limited), limited);
    }, signal);
  }

  /**
   * Signs in by a code that the person types in on another device.
   *
   * @throws PipitError as {@link signInByDevice}; STORAGE_*, KEYCHAIN_*
   */
  signInByDevice(show: (prompt: DevicePrompt) => void, signal: AbortSignal): Promise<AuthState> {
    const deps = { ...this.#deps, endpoint: this.#endpoint };
    return this.#signIn(async (limited) => {
      await this.#take(await signInByDevice(deps, show, limited), limited);
    }, signal);
  }

  /**
   * Makes an account and signs in to it. When no answer comes, the account may have been made all the same: signing in
   * tells.
   *
   * @throws PipitError INVALID_REQUEST (`field`: login, password or display_name; also a login that is taken), NOT_ALLOWED
   *   (only an admin makes accounts), else as signInWithPassword
   */
  register(account: Registration, signal: AbortSignal): Promise<AuthState> {
    return this.#signIn(async (limited) => {
      await this.#take(await this.#endpoint.register(account, limited), limited);
    }, signal);
  }

  /**
   * Signs in to the local account of a server on this machine with its one-time secret.
   *
   * @throws PipitError SIGNED_OUT (no secret: not this machine's server), NOT_ALLOWED (secret refused),
   *   SERVER_UNREACHABLE, RATE_LIMITED.
   */
  async signInLocally(signal: AbortSignal): Promise<AuthState> {
    const known = this.#held.current;
    const parts = { ...this.#deps, held: this.#held, endpoint: this.#endpoint };
    try {
      return await this.#signIn(
        (limited) => this.#held.locked(() => exchangeSecret(parts, known?.accessToken, limited), limited),
        signal,
      );
    } catch (reason) {
      const error = PipitError.from(reason);
      // A sign-in that did not happen takes nothing away.
      if (this.#held.current === undefined && error.code !== "CANCELLED") this.#held.failed(error);
      throw error;
    }
  }

  /**
   * Signs in with an access token given by hand (seed 000, `/login <token>`). It is not verified here: the server will.
   *
   * @throws PipitError TOKEN_INVALID (not a JWT), TOKEN_EXPIRED.
   */
  async signInWithToken(token: string, signal: AbortSignal): Promise<AuthState> {
    const tokens = tokensByHand(token.trim(), this.#deps.serverUrl, this.#deps.clock.nowMs());
    return this.#signIn((limited) => this.#held.locked(() => this.#held.replace(tokens), limited), signal);
  }

  /** Every sign-in that this home keeps, of all servers; the one in use comes first. */
  accounts(): Promise<readonly KeptAccount[]> {
    return this.#held.accounts();
  }

  /**
   * Goes on with another account of this server that is signed in; the present one stays signed in beside it.
   *
   * @throws PipitError SIGNED_OUT (it is not, any more), STORAGE_*, CANCELLED
   */
  switchTo(accountId: string, signal: AbortSignal): Promise<AuthState> {
    return this.#signIn(
      (limited) =>
        this.#held.locked(async () => {
          if ((await this.#held.activate(accountId)) === undefined) throw signedOutError();
        }, limited),
      signal,
    );
  }

  /**
   * Forgets the tokens at once, then revokes them at the server if it can be reached. Sending is blocked until sign-in.
   *
   * @param accountId another account of this server than the one in use, which then stays as it is
   */
  async signOut(signal: AbortSignal, accountId?: string): Promise<void> {
    const known = this.#held.current;
    if (accountId !== undefined && accountId !== known?.accountId) {
      const other = await this.#held.locked(() => this.#held.clear(accountId), signal);
      return await this.#revoke(other, signal);
    }
    this.#attempt?.abort();
    this.#held.signedOut("logout");
    const stored = await this.#held.locked(() => this.#held.clear(), signal);
    // A refresh that was running may have brought tokens meanwhile; they were cleared above.
    this.#held.signedOut("logout");
    await this.#revoke(stored ?? known, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lifetime.abort();
    this.#attempt?.abort();
    await this.#refresh.settled();
    this.#held.forgetListeners();
  }

  async #current(signal: AbortSignal): Promise<StoredTokens> {
    if (this.store.getState().kind === "unknown") await this.restore(signal);
    if (this.#held.current === undefined) throw signedOutError();
    return this.#held.current;
  }

  /** Runs one sign-in at a time: the newest. Who is signed in stays so until another is, and when it fails. */
  async #signIn(work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<AuthState> {
    throwIfAborted(signal);
    this.#attempt?.abort();
    const mine = new AbortController();
    this.#attempt = mine;
    const now = this.store.getState();
    if (now.kind !== "signing-in") this.#before = now;
    if (this.#held.current === undefined) this.#held.set({ kind: "signing-in" });
    try {
      await work(AbortSignal.any([signal, mine.signal]));
      return this.store.getState();
    } catch (reason) {
      // Whatever has changed the state meanwhile, as a sign-out, knows better.
      if (this.#attempt === mine && this.store.getState().kind === "signing-in") this.#held.set(this.#before);
      throw mine.signal.aborted ? new PipitError("CANCELLED", "Cancelled.", { cause: reason }) : reason;
    } finally {
      if (this.#attempt === mine) this.#attempt = undefined;
    }
  }

  /** Takes up the tokens of a new sign-in; those of an earlier one of the same account are good for nothing more. */
  async #take(tokens: StoredTokens, signal: AbortSignal): Promise<void> {
    const held = this.#held;
    let replaced: StoredTokens | undefined;
    try {
      await held.locked(async () => {
        replaced = await held.load(tokens.accountId).catch(() => undefined);
        await held.replace(tokens);
      }, signal);
    } catch (reason) {
      // What cannot be kept must not live on at the server either.
      await this.#revoke(tokens, this.#lifetime.signal);
      throw reason;
    }
    await this.#revoke(replaced, signal);
  }

  async #revoke(tokens: StoredTokens | undefined, signal: AbortSignal): Promise<void> {
    if (tokens === undefined || tokens.refreshToken === "") return;
    try {
      await this.#endpoint.revoke(tokens.refreshToken, signal);
    } catch (reason) {
      this.#deps.logger.info("auth.revoke_failed", { code: PipitError.from(reason).code });
    }
  }
}
