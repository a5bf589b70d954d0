import type { SignIn } from "#server/domain/sign-in/sign-in.ts";
import type { Sessions } from "#server/domain/tokens/sessions.ts";
import { CodeReplayedError, type CodeRedeemer, type RedeemedCode } from "./code-redeemer.ts";
import { granted, sessionRequest, type Grant, type GrantRequest, type UserGranted } from "./grant.ts";

export interface CodeGrantsDeps {
  readonly redeemer: CodeRedeemer;
  readonly signIn: Pick<SignIn, "byEarlierProof">;
  readonly sessions: Pick<Sessions, "starts" | "revokeByOrigin">;
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
  { sessions, signIn }: CodeGrantsDeps,
  request: GrantRequest,
  { userId, scope, nonce, authTimeMs, credentialsVersion, amr = ["pwd"], originHash }: RedeemedCode,
  grant: string,
): Promise<UserGranted> {
  const signedIn = await signIn.byEarlierProof(
    { userId, amr, authTimeMs, credentialsVersion },
    sessions.starts(sessionRequest(request, { scope, grant, originHash })),
    request.origin,
  );
  return { ...granted(signedIn, scope), nonce };
}
