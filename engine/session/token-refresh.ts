import { PipitError } from "#contract/pipit-error.ts";
import { waitFor } from "#engine/abort.ts";
import type { Clock, StoredTokens } from "#engine/ports.ts";
import type { Logger } from "#contract/logger.ts";
import type { HeldTokens } from "./held-tokens.ts";
import { signedOutError } from "./session-api.ts";
import type { TokenEndpoint } from "./token-endpoint.ts";
import { isFresh, supersedes } from "./token-life.ts";

interface RefreshDeps {
  readonly held: HeldTokens;
  readonly endpoint: Pick<TokenEndpoint, "refresh">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the refresh itself; a caller's own signal only ends that caller's waiting. */
  readonly lifetime: AbortSignal;
}

/** Renews the tokens: one refresh at a time, also across the processes of one person. */
export class TokenRefresh {
  readonly #deps: RefreshDeps;
  /** The one running refresh; all callers wait for it. */
  #running: Promise<StoredTokens> | undefined;

  constructor(deps: RefreshDeps) {
    this.#deps = deps;
  }

  /** `tokens`, or what came in their place, for a call now. */
  async live(tokens: StoredTokens, signal: AbortSignal): Promise<StoredTokens> {
    const { held, clock } = this.#deps;
    if (isFresh(tokens, clock.nowMs())) {
      if (held.unsaved) await held.save(tokens);
      return tokens;
    }
    try {
      return await this.renewed(tokens, undefined, signal);
    } catch (reason) {
      const error = PipitError.from(reason);
      // Not renewed in time, but still good for this call.
      if (error.retryable && tokens.accessExpiresAtMs > clock.nowMs()) return tokens;
      throw error;
    }
  }

  /** @param rejected a token that the server does not take */
  renewed(tokens: StoredTokens, rejected: string | undefined, signal: AbortSignal): Promise<StoredTokens> {
    if (this.#running === undefined) {
      const { held, lifetime } = this.#deps;
      const work = held.locked(() => this.#refreshLocked(tokens, rejected), lifetime);
      this.#running = work.finally(() => {
        this.#running = undefined;
      });
      // Every caller may have gone by the time it fails.
      this.#running.catch(() => {});
    }
    return waitFor(this.#running, signal);
  }

  async settled(): Promise<void> {
    await this.#running?.catch(() => {});
  }

  /** Runs under the store's lock, from reading to saving: two processes never use one refresh token (docs/reference/developer-api.md). */
  async #refreshLocked(tokens: StoredTokens, rejected: string | undefined): Promise<StoredTokens> {
    const { held, clock } = this.#deps;
    const stored = await held.load();
    if (held.current === undefined) throw signedOutError();
    if (stored === undefined && !held.unsaved) {
      held.signedOut("logout");
      throw signedOutError();
    }
    if (stored !== undefined && supersedes(stored, tokens, rejected)) return held.adopt(stored);
    if (tokens.refreshToken === "") {
      const expired = tokens.accessExpiresAtMs <= clock.nowMs();
      await held.end(tokens, expired ? "expired" : "refused");
      throw signedOutError();
    }
    return this.#exchange(tokens, rejected);
  }

  async #exchange(tokens: StoredTokens, rejected: string | undefined): Promise<StoredTokens> {
    const { held, endpoint, clock, logger, lifetime } = this.#deps;
    const answer = await endpoint.refresh(tokens.refreshToken, lifetime);
    if (answer.kind === "granted") {
      // Saved before the old one is dropped, also if the person has signed out meanwhile: signOut revokes what is stored.
      await held.save(answer.tokens);
      if (held.current === undefined) throw signedOutError();
      return held.adopt(answer.tokens);
    }
    logger.warn("auth.refresh_refused", { error: answer.oauthError });
    const newer = await held.load();
    if (newer !== undefined && newer.refreshToken !== tokens.refreshToken) return held.adopt(newer);
    // Taken away before its time, as by another device, is not the same as too long not used.
    const revoked = rejected !== undefined && tokens.accessExpiresAtMs > clock.nowMs();
    await held.end(tokens, revoked ? "refused" : "expired");
    throw signedOutError();
  }
}
