import { PipitError } from "#contract/pipit-error.ts";
import type { HeldTokens } from "./held-tokens.ts";
import type { SessionDeps } from "./session-api.ts";
import type { TokenEndpoint } from "./token-endpoint.ts";
import { isOver } from "./token-life.ts";

interface LocalSignInDeps extends Pick<SessionDeps, "localSecret" | "clock"> {
  readonly held: HeldTokens;
  readonly endpoint: TokenEndpoint;
}

/**
 * Gets tokens for the one-time secret of a server on this machine. Runs under the lock.
 *
 * @param known access token before, which is to be replaced
 * @throws PipitError SIGNED_OUT, NOT_ALLOWED, SERVER_UNREACHABLE, RATE_LIMITED
 */
export async function exchangeSecret(
  deps: LocalSignInDeps,
  known: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { held, endpoint, clock } = deps;
  const stored = await held.load();
  // Another process of this person was quicker; the secret works only once.
  if (stored !== undefined && stored.accessToken !== known && !isOver(stored, clock.nowMs())) {
    held.adopt(stored);
    return;
  }
  let secret = await readSecret(deps);
  let answer = await endpoint.local(secret, signal);
  if (answer.kind === "refused") {
    const fresh = await readSecret(deps);
    if (fresh !== secret) {
      secret = fresh;
      answer = await endpoint.local(secret, signal);
    }
  }
  if (answer.kind === "refused") {
    const message =
      "The server on this machine refused the local sign-in. Restart it, or sign in with a token.";
    throw new PipitError("NOT_ALLOWED", message, { detail: answer.oauthError });
  }
  await held.save(answer.tokens);
  held.adopt(answer.tokens);
}

async function readSecret({ localSecret }: LocalSignInDeps): Promise<string> {
  const secret = await localSecret();
  if (secret !== undefined) return secret;
  const message = "There is no Pipit server of yours on this machine. Sign in with a token.";
  throw new PipitError("SIGNED_OUT", message);
}
