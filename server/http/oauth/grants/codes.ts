import type { AccountStore } from "#server/domain/accounts/ports.ts";
import type { Sessions } from "#server/domain/tokens/sessions.ts";
import { OAuthError } from "../kit/oauth-error.ts";
import { CodeReplayedError, type CodeRedeemer, type RedeemedCode } from "./code-redeemer.ts";
import { startUserSession, type Grant, type GrantRequest, type UserGranted } from "./grant.ts";

export interface CodeGrantsDeps {
  readonly redeemer: CodeRedeemer;
  readonly accounts: Pick<AccountStore, "findById">;
  readonly sessions: Pick<Sessions, "start" | "revokeByOrigin">;
}

/** RFC 6749 §4.1.3 with PKCE (RFC 7636). A code that comes twice ends what it gave the first time. */
export function createAuthorizationCodeGrant(deps: CodeGrantsDeps): Grant {
  return async (request) => {
    const { client, form } = request;
    const code = form.need("code");
    const redeemed = await redeem(deps, request, () =>
      deps.redeemer.redeemCode({
        code,
        client,
        redirectUri: form.get("redirect_uri"),
        codeVerifier: form.get("code_verifier"),
      }),
    );
    return start(deps, request, redeemed, "authorization_code");
  };
}

/** RFC 8628 §3.4. */
export function createDeviceGrant(deps: CodeGrantsDeps): Grant {
  return async (request) => {
    const { client, form } = request;
    const deviceCode = form.need("device_code");
    const redeemed = await redeem(deps, request, () => deps.redeemer.redeemDevice({ deviceCode, client }));
    return start(deps, request, redeemed, "device_code");
  };
}

async function redeem(
  { sessions }: CodeGrantsDeps,
  { origin }: GrantRequest,
  take: () => Promise<RedeemedCode>,
): Promise<RedeemedCode> {
  try {
    return await take();
  } catch (reason) {
    if (reason instanceof CodeReplayedError) await sessions.revokeByOrigin(reason.originHash, origin);
    throw reason;
  }
}

async function start(
  { accounts, sessions }: CodeGrantsDeps,
  request: GrantRequest,
  redeemed: RedeemedCode,
  grant: string,
): Promise<UserGranted> {
  const { scope, nonce, authTimeMs, approvedAtMs, amr, originHash } = redeemed;
  const account = await accounts.findById(redeemed.userId);
  if (account === undefined || !account.active) throw accountOff();
  return startUserSession(sessions, request, {
    account,
    scope,
    grant,
    authTimeMs,
    amr: amr ?? ["pwd"],
    provenAtMs: approvedAtMs,
    originHash,
    nonce,
  });
}

/** Approval is not enough: who was switched off meanwhile gets nothing (CVE-2026-16103 was such a gap). */
function accountOff(): OAuthError {
  return new OAuthError("invalid_grant", "This account is switched off.", { reason: "account-inactive" });
}
