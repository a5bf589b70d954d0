import type { AuthMethod, OauthClient } from "#server/domain/tokens/ports.ts";
import { OAuthError } from "../kit/oauth-error.ts";

/** What a person approved in the browser, taken out of its code, once. */
export interface RedeemedCode {
  readonly userId: string;
  /** Space-separated scope that was granted. */
  readonly scope: string;
  /** The nonce of the authentication request, for the ID token. */
  readonly nonce?: string | undefined;
  readonly authTimeMs: number;
  /** The account's version when the user who approved signed in: another one refuses the code. */
  readonly credentialsVersion: number;
  /** Default: pwd. */
  readonly amr?: readonly AuthMethod[] | undefined;
  /** SHA-256 of the code, by which a replay finds the sessions that came from it. */
  readonly originHash: string;
}

/**
 * Redeems what the interactive part issued. Both check that the code belongs to the client, is not expired and was not
 * used, and use it up: of any number of redeemers at once, one gets it. They throw OAuthError: invalid_grant, and for a
 * device authorization_pending, slow_down, expired_token, access_denied (RFC 8628 §3.5);
 * {@link CodeReplayedError} for a code that was used before.
 */
export interface CodeRedeemer {
  /** RFC 6749 §4.1.3 with RFC 7636 §4.6. */
  redeemCode(request: {
    readonly code: string;
    readonly client: OauthClient;
    readonly redirectUri: string | undefined;
    readonly codeVerifier: string | undefined;
  }): Promise<RedeemedCode>;
  /** RFC 8628 §3.4. */
  redeemDevice(request: { readonly deviceCode: string; readonly client: OauthClient }): Promise<RedeemedCode>;
}

/** A code was used for the second time: a thief may have what it gave to the client (RFC 6749 §4.1.2). */
export class CodeReplayedError extends OAuthError {
  readonly originHash: string;

  constructor(originHash: string) {
    super("invalid_grant", "The code was used before. Sign in again.", { reason: "code-replayed" });
    this.originHash = originHash;
  }
}
