import { createStore } from "zustand/vanilla";
import type { AuthState, TokenPlace } from "#contract/auth-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { waitFor } from "#engine/abort.ts";
import type { Attachment, Credentials, StoredTokens } from "#engine/ports.ts";
import { readClaims } from "./jwt-claims.ts";
import { signedOutError, type SessionDeps, type SignInState, type TokenUpdated } from "./session-api.ts";
import { createTokenEndpoint, type TokenEndpoint } from "./token-endpoint.ts";
import { CLOCK_SKEW_MS, isFresh, isOver, supersedes } from "./token-life.ts";

type SignedOutReason = "logout" | "expired" | "refused" | "never";

/** Who is signed in, and the only holder of tokens outside the token store. Knows nothing yet; call `restore` first. */
export class Session implements SignInState, Credentials, AsyncDisposable {
  readonly store = createStore<AuthState>()(() => ({ kind: "unknown" }));
  readonly #deps: SessionDeps;
  readonly #endpoint: TokenEndpoint;
  readonly #listeners = new Set<(event: TokenUpdated) => void>();
  /** Ends shared work when the session is disposed; a caller's own signal only ends that caller's waiting. */
  readonly #lifetime = new AbortController();
  #tokens: StoredTokens | undefined;
  /** The one running refresh; all callers wait for it. */
  #refresh: Promise<StoredTokens> | undefined;
  /** New tokens that could not be stored (full disk, locked keychain); tried again at the next use. */
  #unsaved = false;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    this.#endpoint = createTokenEndpoint(deps.http, deps.clock, deps.clientId, deps.serverUrl);
  }

  /** Where the tokens rest; for telling the person of a fallback. */
  place(): TokenPlace {
    return this.#deps.tokenStore.place();
  }

  onTokenUpdated(listener: (event: TokenUpdated) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async restore(signal: AbortSignal): Promise<AuthState> {
    try {
      const stored = await waitFor(this.#load(), signal);
      if (stored === undefined) this.#signedOut("never");
      else if (isOver(stored, this.#deps.clock.nowMs())) this.#signedOut("expired");
      else this.#adopt(stored);
    } catch (reason) {
      const error = PipitError.from(reason);
      if (error.code !== "CANCELLED") this.#failed(error);
    }
    return this.store.getState();
  }

  async attach(headers: Headers, signal: AbortSignal): Promise<Attachment> {
    const { accountId, accessToken: token } = await this.#live(signal);
    headers.set("authorization", `Bearer ${token}`);
    return { accountId, token };
  }

  async renewAfter(refused: Attachment, signal: AbortSignal): Promise<void> {
    const tokens = await this.#current(signal);
    if (tokens.accessToken === refused.token) await this.#renewed(tokens, refused.token, signal);
  }

  async refuse(refused: Attachment, signal: AbortSignal): Promise<void> {
    try {
      await this.#deps.tokenStore.withLock(async () => {
        const tokens = this.#tokens;
        if (tokens !== undefined && tokens.accessToken === refused.token) await this.#end(tokens, "refused");
      }, signal);
    } catch (reason) {
      this.#deps.logger.warn("auth.refuse_failed", { detail: PipitError.from(reason).message });
    }
  }

  /**
   * Signs in to the local account of a server on this machine with its one-time secret.
   *
   * @throws PipitError SIGNED_OUT (no secret: not this machine's server), NOT_ALLOWED (secret refused),
   *   SERVER_UNREACHABLE, RATE_LIMITED.
   */
  async signInLocally(signal: AbortSignal): Promise<AuthState> {
    const before = this.store.getState();
    const known = this.#tokens;
    this.#set({ kind: "signing-in" });
    try {
      await this.#deps.tokenStore.withLock(() => this.#exchangeSecret(known?.accessToken, signal), signal);
    } catch (reason) {
      const error = PipitError.from(reason);
      // A sign-in that did not happen takes nothing away.
      if (known !== undefined || error.code === "CANCELLED") this.#set(before);
      else this.#failed(error);
      throw error;
    }
    return this.store.getState();
  }

  /**
   * Signs in with an access token given by hand (seed 000, `/login <token>`). It is not verified here: the server will.
   *
   * @throws PipitError TOKEN_INVALID (not a JWT), TOKEN_EXPIRED.
   */
  async signInWithToken(token: string, signal: AbortSignal): Promise<AuthState> {
    const trimmed = token.trim();
    const claims = readClaims(trimmed);
    const nowMs = this.#deps.clock.nowMs();
    const expiresAtMs = claims.expiresAtMs ?? Number.MAX_SAFE_INTEGER;
    if (expiresAtMs + CLOCK_SKEW_MS <= nowMs) {
      throw new PipitError("TOKEN_EXPIRED", "This token has expired. Ask for a new one.", { field: "token" });
    }
    const tokens: StoredTokens = {
      accessToken: trimmed,
      refreshToken: "",
      accessExpiresAtMs: expiresAtMs,
      refreshExpiresAtMs: 0,
      accountId: claims.subject,
      accountName: claims.name,
      local: false,
      serverUrl: this.#deps.serverUrl,
    };
    await this.#deps.tokenStore.withLock(() => this.#deps.tokenStore.save(tokens), signal);
    this.#adopt(tokens);
    return this.store.getState();
  }

  /** Forgets the tokens at once, then revokes them at the server if it can be reached. Sending is blocked until sign-in. */
  async signOut(signal: AbortSignal): Promise<void> {
    const { tokenStore, logger } = this.#deps;
    const known = this.#tokens;
    this.#signedOut("logout");
    let last = known;
    await tokenStore.withLock(async () => {
      const stored = await this.#load();
      last = stored ?? known;
      if (stored !== undefined) await tokenStore.clear();
    }, signal);
    // A refresh that was running may have brought tokens meanwhile; they were cleared above.
    this.#signedOut("logout");
    if (last === undefined || last.refreshToken === "") return;
    try {
      await this.#endpoint.revoke(last.refreshToken, signal);
    } catch (reason) {
      logger.info("auth.revoke_failed", { code: PipitError.from(reason).code });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lifetime.abort();
    await this.#refresh?.catch(() => {});
    this.#listeners.clear();
  }

  /** Stored tokens, if they are for this server. */
  async #load(): Promise<StoredTokens | undefined> {
    const stored = await this.#deps.tokenStore.load();
    return stored?.serverUrl === this.#deps.serverUrl ? stored : undefined;
  }

  async #current(signal: AbortSignal): Promise<StoredTokens> {
    if (this.store.getState().kind === "unknown") await this.restore(signal);
    if (this.#tokens === undefined) throw signedOutError();
    return this.#tokens;
  }

  /** Tokens that can be used for a call now, renewed if need be. */
  async #live(signal: AbortSignal): Promise<StoredTokens> {
    const tokens = await this.#current(signal);
    if (isFresh(tokens, this.#deps.clock.nowMs())) {
      if (this.#unsaved) await this.#save(tokens);
      return tokens;
    }
    try {
      return await this.#renewed(tokens, undefined, signal);
    } catch (reason) {
      const error = PipitError.from(reason);
      // Not renewed in time, but still good for this call.
      if (error.retryable && tokens.accessExpiresAtMs > this.#deps.clock.nowMs()) return tokens;
      throw error;
    }
  }

  #renewed(tokens: StoredTokens, rejected: string | undefined, signal: AbortSignal): Promise<StoredTokens> {
    if (this.#refresh === undefined) {
      const { tokenStore } = this.#deps;
      const lifetime = this.#lifetime.signal;
      const work = tokenStore.withLock(() => this.#refreshLocked(tokens, rejected, lifetime), lifetime);
      this.#refresh = work.finally(() => {
        this.#refresh = undefined;
      });
      // Every caller may have gone by the time it fails.
      this.#refresh.catch(() => {});
    }
    return waitFor(this.#refresh, signal);
  }

  /** Runs under the store's lock, from reading to saving: two processes never use one refresh token (docs/reference/developer-api.md). */
  async #refreshLocked(
    tokens: StoredTokens,
    rejected: string | undefined,
    signal: AbortSignal,
  ): Promise<StoredTokens> {
    const stored = await this.#load();
    if (this.#tokens === undefined) throw signedOutError();
    if (stored === undefined && !this.#unsaved) {
      this.#signedOut("logout");
      throw signedOutError();
    }
    if (stored !== undefined && supersedes(stored, tokens, rejected)) return this.#adopt(stored);
    if (tokens.refreshToken === "") {
      const expired = tokens.accessExpiresAtMs <= this.#deps.clock.nowMs();
      await this.#end(tokens, expired ? "expired" : "refused");
      throw signedOutError();
    }
    return this.#exchangeRefreshToken(tokens, signal);
  }

  async #exchangeRefreshToken(tokens: StoredTokens, signal: AbortSignal): Promise<StoredTokens> {
    const answer = await this.#endpoint.refresh(tokens.refreshToken, signal);
    if (answer.kind === "granted") {
      // Saved before the old one is dropped, also if the person has signed out meanwhile: signOut revokes what is stored.
      await this.#save(answer.tokens);
      if (this.#tokens === undefined) throw signedOutError();
      return this.#adopt(answer.tokens);
    }
    this.#deps.logger.warn("auth.refresh_refused", { error: answer.oauthError });
    const newer = await this.#load();
    if (newer !== undefined && newer.refreshToken !== tokens.refreshToken) return this.#adopt(newer);
    await this.#end(tokens, "expired");
    throw signedOutError();
  }

  async #exchangeSecret(known: string | undefined, signal: AbortSignal): Promise<void> {
    const stored = await this.#load();
    // Another process of this person was quicker; the secret works only once.
    if (stored !== undefined && stored.accessToken !== known && !isOver(stored, this.#deps.clock.nowMs())) {
      this.#adopt(stored);
      return;
    }
    let secret = await this.#secret();
    let answer = await this.#endpoint.local(secret, signal);
    if (answer.kind === "refused") {
      const fresh = await this.#secret();
      if (fresh !== secret) {
        secret = fresh;
        answer = await this.#endpoint.local(secret, signal);
      }
    }
    if (answer.kind === "refused") {
      const message =
        "The server on this machine refused the local sign-in. Restart it, or sign in with a token.";
      throw new PipitError("NOT_ALLOWED", message, { detail: answer.oauthError });
    }
    await this.#save(answer.tokens);
    this.#adopt(answer.tokens);
  }

  async #secret(): Promise<string> {
    const secret = await this.#deps.localSecret();
    if (secret !== undefined) return secret;
    throw new PipitError(
      "SIGNED_OUT",
      "There is no Pipit server of yours on this machine. Sign in with a token.",
    );
  }

  /** New tokens are in use even if they cannot be stored: the old refresh token is spent already. */
  async #save(tokens: StoredTokens): Promise<void> {
    try {
      await this.#deps.tokenStore.save(tokens);
      this.#unsaved = false;
    } catch (reason) {
      this.#unsaved = true;
      const error = PipitError.from(reason);
      this.#deps.logger.warn("auth.tokens_not_saved", { code: error.code, detail: error.message });
    }
  }

  /** Ends the session; newer tokens that the store may hold by now stay there. Runs under the lock. */
  async #end(tokens: StoredTokens, reason: SignedOutReason): Promise<void> {
    const stored = await this.#load();
    if (stored !== undefined && stored.accessToken === tokens.accessToken)
      await this.#deps.tokenStore.clear();
    this.#signedOut(reason);
  }

  #adopt(tokens: StoredTokens): StoredTokens {
    const changed = this.#tokens?.accessToken !== tokens.accessToken;
    this.#tokens = tokens;
    const { accountId, accountName, local, accessExpiresAtMs } = tokens;
    this.#set({ kind: "signed-in", accountId, accountName, local });
    if (changed) this.#tell({ name: "auth.token_updated", accountId, accessExpiresAtMs });
    return tokens;
  }

  #signedOut(reason: SignedOutReason): void {
    this.#tokens = undefined;
    this.#unsaved = false;
    this.#set({ kind: "signed-out", reason });
  }

  #failed(error: PipitError): void {
    this.#tokens = undefined;
    this.#set({ kind: "failed", code: error.code, message: error.message });
  }

  #set(next: AuthState): void {
    if (JSON.stringify(next) !== JSON.stringify(this.store.getState())) this.store.setState(next, true);
  }

  #tell(event: TokenUpdated): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (reason) {
        this.#deps.logger.error("auth.listener_failed", { detail: PipitError.from(reason).detail });
      }
    }
  }
}
