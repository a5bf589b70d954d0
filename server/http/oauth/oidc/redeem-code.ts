import { createHash, timingSafeEqual } from "node:crypto";
import type { AuthorizationCode, DeviceCode } from "oidc-provider";
import { hashOpaqueToken } from "#server/domain/secrets/opaque-token.ts";
import type { AuthMethod, OauthClient } from "#server/domain/tokens/ports.ts";
import { CodeReplayedError, type CodeRedeemer, type RedeemedCode } from "../grants/code-redeemer.ts";
import { OAuthError } from "../kit/oauth-error.ts";
import { versionOf } from "./credentials-version.ts";
import type { OidcContext } from "./interaction.ts";

/** RFC 7636 §4.1. */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;
/** Longer than any code of the library; not worth a look into the database. */
const MAX_CODE_CHARS = 256;

const AUTH_METHODS: ReadonlySet<string> = new Set<AuthMethod>(["pwd", "otp", "local"]);

/** A code that was used must be recognized after its end, and after the session's: it tells of a theft. */
const WHATEVER_ITS_STATE = { ignoreExpiration: true, ignoreSessionBinding: true };

/** RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 9700 §2.1.1 and §4.5: see {@link CodeRedeemer}. */
export async function redeemCode(
  { provider }: Pick<OidcContext, "provider">,
  { code, client, redirectUri, codeVerifier }: Parameters<CodeRedeemer["redeemCode"]>[0],
): Promise<RedeemedCode> {
  if (code.length > MAX_CODE_CHARS) throw refused("unknown-code");
  const originHash = hashOpaqueToken(code);
  const { AuthorizationCode } = await provider();
  const found = await AuthorizationCode.find(code, WHATEVER_ITS_STATE);
  if (found === undefined) throw refused("unknown-code");
  if (found.clientId !== client.clientId) throw refused("other-client");
  // Before anything that a thief may not know: that the code came twice is all there is to know.
  if (isConsumed(found)) throw new CodeReplayedError(originHash);
  if (found.isExpired) throw refused("expired-code");
  if (found.redirectUri !== redirectUri) throw refused("other-redirect-uri");
  checkVerifier(found, client, codeVerifier);
  // The library's rule: it ends with the browser's session, if that has ended by now.
  if ((await AuthorizationCode.find(code)) === undefined) throw refused("ended-session");
  const { accountId } = found;
  if (accountId === undefined) throw refused("no-account");
  await consumeOnce(found, () => new CodeReplayedError(originHash));
  return { ...toRedeemed(found, accountId), nonce: found.nonce, originHash };
}

/** What both kinds of codes say of an approval. */
export function toRedeemed(
  approved: Pick<AuthorizationCode | DeviceCode, "acr" | "scope" | "authTime" | "amr">,
  userId: string,
): Omit<RedeemedCode, "originHash"> {
  return {
    userId,
    scope: approved.scope ?? "",
    authTimeMs: (approved.authTime ?? 0) * 1000,
    amr: approved.amr?.filter(isAuthMethod),
    credentialsVersion: versionOf(approved.acr),
  };
}

/** Uses a code up: of several redeemers at once one goes on; the others get `lost`. */
export async function consumeOnce(code: { consume(): Promise<void> }, lost: () => OAuthError): Promise<void> {
  try {
    await code.consume();
  } catch (reason) {
    // The adapter's answer to the second request for one code.
    if (reason instanceof Error && reason.message === "invalid_grant") throw lost();
    throw reason;
  }
}

/** The library's types leave it out for one of its models. */
export function isConsumed(code: object): boolean {
  return (code as { readonly consumed?: unknown }).consumed !== undefined;
}

function checkVerifier(
  { codeChallenge, codeChallengeMethod }: AuthorizationCode,
  client: OauthClient,
  verifier: string | undefined,
): void {
  if (codeChallenge === undefined) {
    // An attacker who strips the challenge from a request would otherwise switch the check off ("downgrade").
    if (verifier !== undefined) throw refused("verifier-without-challenge");
    if (!client.confidential) throw refused("no-challenge");
    return;
  }
  if (verifier === undefined || !VERIFIER.test(verifier) || codeChallengeMethod !== "S256") {
    throw refused("bad-verifier");
  }
  const given = createHash("sha256")
    .update(createHash("sha256").update(verifier).digest("base64url"))
    .digest();
  const wanted = createHash("sha256").update(codeChallenge).digest();
  if (!timingSafeEqual(given, wanted)) throw refused("wrong-verifier");
}

function isAuthMethod(text: string): text is AuthMethod {
  return AUTH_METHODS.has(text);
}

/** One text for all defects; the log gets the reason. */
function refused(reason: string): OAuthError {
  return new OAuthError("invalid_grant", "The code is not valid here. Sign in again.", { reason });
}
