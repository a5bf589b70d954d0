import type { FastifyRequest } from "fastify";
import { LOCAL_GRANT_TYPE } from "#contract/auth-wire.ts";
import type { Account } from "#server/domain/accounts/ports.ts";
import type { PasswordSignIn } from "#server/domain/accounts/password-sign-in.ts";
import { createRefusalAudit } from "#server/domain/audit/refusal-audit.ts";
import type { AuthMetrics } from "#server/domain/auth-metrics.ts";
import type { AuthStore } from "#server/domain/auth-store.ts";
import type { Clock } from "#contract/clock.ts";
import type { Logger } from "#contract/logger.ts";
import type { AccessTokens } from "#server/domain/tokens/access-tokens.ts";
import type { BootstrapSecret } from "#server/domain/tokens/bootstrap-secret.ts";
import type { GrantType } from "#server/domain/tokens/ports.ts";
import type { Sessions } from "#server/domain/tokens/sessions.ts";
import type { SigningKeys } from "#server/domain/tokens/signing-keys.ts";
import type { TokenGuard } from "#server/domain/tokens/token-guard.ts";
import type { RequireCaller } from "../kit/require-caller.ts";
import type { Route } from "../kit/route.ts";
import { createAuthenticateClient, type ClientDirectory } from "./kit/client-authentication.ts";
import { createClientCredentialsGrant } from "./grants/client-credentials.ts";
import type { CodeRedeemer } from "./grants/code-redeemer.ts";
import { createAuthorizationCodeGrant, createDeviceGrant } from "./grants/codes.ts";
import type { Grant, Grants } from "./grants/grant.ts";
import { createLocalGrant } from "./grants/local.ts";
import { createPasswordGrant } from "./grants/password.ts";
import { createRefreshGrant } from "./grants/refresh.ts";
import { introspectRoute } from "./introspect.ts";
import { revokeRoute } from "./revoke.ts";
import { sessionsRoutes } from "./sessions.ts";
import { tokenRoute } from "./token.ts";
import { userinfoRoutes } from "./userinfo.ts";

export interface OauthRoutesDeps {
  readonly auth: AuthStore;
  readonly clients: ClientDirectory;
  readonly sessions: Sessions;
  readonly accessTokens: AccessTokens;
  readonly signingKeys: Pick<SigningKeys, "fresh">;
  readonly guard: Pick<TokenGuard, "check" | "forget">;
  readonly passwordSignIn: Pick<PasswordSignIn, "signIn">;
  readonly bootstrapSecret: BootstrapSecret;
  /** Throws when it is switched off. */
  readonly localAccount: () => Promise<Account>;
  /** Of the interactive part; absent: its grants are not offered. */
  readonly redeemer: CodeRedeemer | undefined;
  readonly requireCaller: RequireCaller;
  /** True for a request with the right X-Internal-Auth. */
  readonly isInternal: (request: FastifyRequest) => boolean;
  readonly metrics: Pick<AuthMetrics, "tokenRequest" | "refreshRotation" | "passwordGrant">;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The endpoints of OAuth that answer programs: token, revocation, introspection, userinfo, sessions. */
export function oauthRoutes(deps: OauthRoutesDeps): readonly Route[] {
  const { accounts } = deps.auth;
  const authenticateClient = createAuthenticateClient(deps.clients);
  const refusals = createRefusalAudit({ audit: deps.auth.audit, clock: deps.clock });
  return [
    tokenRoute({
      ...deps,
      authenticateClient,
      grants: createGrants(deps),
      refusals,
      freshKeys: () => deps.signingKeys.fresh(),
    }),
    revokeRoute({ ...deps, authenticateClient }),
    introspectRoute({ ...deps, authenticateClient, accounts }),
    ...userinfoRoutes({ ...deps, accounts }),
    ...sessionsRoutes(deps),
  ];
}

function createGrants(deps: OauthRoutesDeps): Grants {
  const { auth, metrics, redeemer, sessions } = deps;
  const grants = new Map<GrantType, Grant>([
    [
      "refresh_token",
      createRefreshGrant({ sessions, onRotation: (outcome) => metrics.refreshRotation(outcome) }),
    ],
    ["client_credentials", createClientCredentialsGrant({ audit: auth.audit })],
    ["password", createPasswordGrant({ ...deps, onUse: (clientId) => metrics.passwordGrant(clientId) })],
    [LOCAL_GRANT_TYPE, createLocalGrant(deps)],
  ]);
  if (redeemer !== undefined) {
    const codes = { redeemer, accounts: auth.accounts, sessions };
    grants.set("authorization_code", createAuthorizationCodeGrant(codes));
    grants.set("urn:ietf:params:oauth:grant-type:device_code", createDeviceGrant(codes));
  }
  return grants;
}
