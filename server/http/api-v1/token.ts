import { PipitError } from "#contract/pipit-error.ts";
import type { PasswordSignIn, SignedIn } from "#server/domain/accounts/password-sign-in.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { OauthClient } from "#server/domain/tokens/ports.ts";
import { narrowScope } from "#server/domain/tokens/scopes.ts";
import type { Sessions } from "#server/domain/tokens/sessions.ts";
import type { OpenRoute } from "../kit/route.ts";
import { FieldErrors, readFields } from "./json-fields.ts";
import { tokenRequest, type TokenRequestDeps } from "./token-request.ts";

export interface TokenRouteDeps extends TokenRequestDeps {
  readonly passwordSignIn: Pick<PasswordSignIn, "signIn">;
  readonly sessions: Pick<Sessions, "start">;
}

/** `POST /api/v1/token/ {username, password, otp?}`: both tokens for a password, and a code where one is needed. */
export function apiTokenRoute(deps: TokenRouteDeps): OpenRoute {
  return {
    method: "POST",
    path: "/api/v1/token/",
    access: { who: "anyone", secure: true },
    handle: tokenRequest(deps, "password", async (request, client, origin) => {
      const { username: login, password, otp } = readFields(request, ["username", "password"], ["otp"]);
      const signedIn = await signIn(deps, { login, password, otp, clientId: client.clientId }, origin);
      const session = await startSession(deps, client, signedIn, origin);
      const { limit, remaining, resetAfterMs } = signedIn.rate;
      return {
        ...session,
        headers: {
          "x-ratelimit-limit": String(limit),
          "x-ratelimit-remaining": String(remaining),
          "x-ratelimit-reset": String(Math.ceil(resetAfterMs / 1000)),
        },
      };
    }),
  };
}

async function signIn(
  { passwordSignIn }: TokenRouteDeps,
  attempt: {
    readonly login: string;
    readonly password: string;
    readonly otp: string | undefined;
    readonly clientId: string;
  },
  origin: AuditOrigin,
): Promise<SignedIn> {
  try {
    return await passwordSignIn.signIn({ ...attempt, via: "api-v1" }, origin);
  } catch (reason) {
    // Our rules know the field by another name.
    if (reason instanceof PipitError && reason.code === "INVALID_REQUEST" && reason.field === "login") {
      throw new FieldErrors({ username: [reason.message.replace(/^login: /, "")] });
    }
    throw reason;
  }
}

async function startSession(
  { sessions, logger }: TokenRouteDeps,
  client: OauthClient,
  { account, amr, authTimeMs }: SignedIn,
  origin: AuditOrigin,
) {
  const scope = narrowScope(undefined, client.scope) ?? "";
  const { sessionId, refreshToken, expiresAtMs } = await sessions.start(
    {
      userId: account.id,
      client,
      scope,
      amr,
      authTimeMs,
      provenAtMs: authTimeMs,
      grant: "api-v1",
      withRefreshToken: true,
    },
    origin,
  );
  if (refreshToken === undefined) throw new PipitError("INTERNAL", "The session has no refresh token.");
  logger.info("api-v1.signed_in", { userId: account.id, clientId: client.clientId, sessionId });
  return { userId: account.id, scope, sessionId, authTimeMs, refreshToken, expiresAtMs };
}
