import { createStore } from "zustand/vanilla";
import type { AuthState, SignedOutReason, TokenPlace } from "#contract/auth-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { KeptAccount, StoredTokens } from "#engine/ports.ts";
import type { SessionDeps, TokenUpdated } from "./session-api.ts";

/** The tokens in use and those in the store, with the state that is told of them. */
export class HeldTokens {
  readonly state = createStore<AuthState>()(() => ({ kind: "unknown" }));
  readonly #deps: Pick<SessionDeps, "tokenStore" | "serverUrl" | "logger">;
  readonly #listeners = new Set<(event: TokenUpdated) => void>();
  #current: StoredTokens | undefined;
  /** Why new tokens could not be stored (full disk, locked keychain); tried again at the next use. */
  #unsaved: string | undefined;

  constructor(deps: Pick<SessionDeps, "tokenStore" | "serverUrl" | "logger">) {
    this.#deps = deps;
  }

  get current(): StoredTokens | undefined {
    return this.#current;
  }

  get unsaved(): boolean {
    return this.#unsaved !== undefined;
  }

  place(): TokenPlace {
    if (this.#unsaved !== undefined) return { kind: "memory", fallbackReason: this.#unsaved };
    return this.#deps.tokenStore.place();
  }

  onUpdated(listener: (event: TokenUpdated) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Runs `work` while no other process may change what is stored. */
  locked<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#deps.tokenStore.withLock(work, signal);
  }

  /** Every sign-in that is kept, of other servers too. */
  accounts(): Promise<readonly KeptAccount[]> {
    return this.#deps.tokenStore.accounts();
  }

  /** Takes up another sign-in of this server; the present one stays. Undefined when it is not kept. Runs under the lock. */
  async activate(accountId: string): Promise<StoredTokens | undefined> {
    if (this.unsaved && this.#current !== undefined) await this.#deps.tokenStore.save(this.#current);
    const tokens = await this.#deps.tokenStore.activate(accountId);
    this.#unsaved = undefined;
    return tokens === undefined ? undefined : this.adopt(tokens);
  }

  /** Stored tokens of an account, or of the active one, if they are for this server. */
  async load(accountId?: string): Promise<StoredTokens | undefined> {
    const stored = await this.#deps.tokenStore.load(accountId);
    return stored?.serverUrl === this.#deps.serverUrl ? stored : undefined;
  }

  /** Stores and takes up the tokens of a new sign-in. @throws what the store throws; then nothing has changed */
  async replace(tokens: StoredTokens): Promise<void> {
    await this.#deps.tokenStore.save(tokens);
    this.#unsaved = undefined;
    this.adopt(tokens);
  }

  /** New tokens are in use even if they cannot be stored: the old refresh token is spent already. */
  async save(tokens: StoredTokens): Promise<void> {
    try {
      await this.#deps.tokenStore.save(tokens);
      const wasTold = this.unsaved && tokens.accessToken === this.#current?.accessToken;
      this.#unsaved = undefined;
      if (wasTold) this.#tellOf(tokens);
    } catch (reason) {
      const error = PipitError.from(reason);
      this.#unsaved = error.message;
      this.#deps.logger.warn("auth.tokens_not_saved", { code: error.code, detail: error.message });
    }
  }

  /** Ends the session; newer tokens that the store may hold by now stay there. Runs under the lock. */
  async end(tokens: StoredTokens, reason: SignedOutReason): Promise<void> {
    const stored = await this.load();
    if (stored !== undefined && stored.accessToken === tokens.accessToken)
      await this.#deps.tokenStore.clear();
    this.signedOut(reason);
  }

  /** Takes stored tokens out and gives them back. Runs under the lock. */
  async clear(accountId?: string): Promise<StoredTokens | undefined> {
    const stored = await this.load(accountId);
    if (stored !== undefined) await this.#deps.tokenStore.clear(accountId);
    return stored;
  }

  adopt(tokens: StoredTokens): StoredTokens {
    const changed = this.#current?.accessToken !== tokens.accessToken;
    this.#current = tokens;
    const { accountId, accountName, local } = tokens;
    this.set({ kind: "signed-in", accountId, accountName, local });
    if (changed) this.#tellOf(tokens);
    return tokens;
  }

  signedOut(reason: SignedOutReason): void {
    this.#current = undefined;
    this.#unsaved = undefined;
    this.set({ kind: "signed-out", reason });
  }

  failed(error: PipitError): void {
    this.#current = undefined;
    this.set({ kind: "failed", code: error.code, message: error.message });
  }

  set(next: AuthState): void {
    if (JSON.stringify(next) !== JSON.stringify(this.state.getState())) this.state.setState(next, true);
  }

  /** The last listeners are told nothing more. */
  forgetListeners(): void {
    this.#listeners.clear();
  }

  #tellOf({ accountId, accessExpiresAtMs }: StoredTokens): void {
    const event: TokenUpdated = { name: "auth.token_updated", accountId, accessExpiresAtMs };
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (reason) {
        this.#deps.logger.error("auth.listener_failed", { detail: PipitError.from(reason).detail });
      }
    }
  }
}
