import type { SignIn } from "#server/domain/sign-in/sign-in.ts";
import type { Sessions } from "#server/domain/tokens/sessions.ts";
import { CodeReplayedError, type CodeRedeemer, type RedeemedCode } from "./code-redeemer.ts";
import { granted, sessionRequest, type Grant, type GrantRequest, type UserGranted } from "./grant.ts";

export interface CodeGrantsDeps {
  readonly redeemer: CodeRedeemer;
  readonly signIn: Pick<SignIn, "byEarlierProof">;
  readonly sessions: Pick<Sessions, "starts" | "revokeByOrigin">;
}

/** RFC 6749 §4.1.3 with PKCE (RFC 7636). */
export function createAuthorizationCodeGrant(deps: CodeGrantsDeps): Grant {
  return async (request) => {
    const { client, form } = request;
    const code = form.need("code");
    const redirectUri = form.get("redirect_uri");
    const codeVerifier = form.get("code_verifier");
    return start(deps, request, "authorization_code", () =>
      deps.redeemer.redeemCode({ code, client, redirectUri, codeVerifier }),
    );
  };
}

/** RFC 8628 §3.4. */
export function createDeviceGrant(deps: CodeGrantsDeps): Grant {
  return async (request) => {
    const { client, form } = request;
    const deviceCode = form.need("device_code");
    return start(deps, request, "device_code", () => deps.redeemer.redeemDevice({ deviceCode, client }));
  };
}

/** The session that a code is good for. A code that comes twice ends what it gave the first time. */
async function start(
  { sessions, signIn }: CodeGrantsDeps,
  request: GrantRequest,
  grant: string,
  redeem: () => Promise<RedeemedCode>,
): Promise<UserGranted> {
  const redeemed = await redeem().catch(async (reason: unknown) => {
    if (reason instanceof CodeReplayedError) await sessions.revokeByOrigin(reason.originHash, request.origin);
    throw reason;
  });
  const { userId, scope, nonce, authTimeMs, credentialsVersion, amr = ["pwd"], originHash } = redeemed;
  const signedIn = await signIn.byEarlierProof(
    { userId, amr, authTimeMs, credentialsVersion },
    sessions.starts(sessionRequest(request, { scope, grant, originHash })),
    request.origin,
  );
  return { ...granted(signedIn, scope), nonce };
}
