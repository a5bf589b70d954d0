import type { AuthStore } from "#server/domain/auth-store.ts";
import type { TokenGuard } from "#server/domain/tokens/token-guard.ts";
import { createWsTokens } from "#server/domain/tokens/ws-tokens.ts";
import type { Route } from "../kit/route.ts";
import { createSecureTransport } from "../kit/secure-transport.ts";
import { apiTokenRoute, type TokenRouteDeps } from "./token.ts";
import { apiTokenRefreshRoute, type TokenRefreshRouteDeps } from "./token-refresh.ts";
import { apiWsTokenRoute, type WsTokenRouteDeps } from "./ws-token.ts";

export interface ApiV1RoutesDeps
  extends Omit<TokenRouteDeps & TokenRefreshRouteDeps, "isSecure">, Pick<WsTokenRouteDeps, "requireBearer"> {
  readonly auth: Pick<AuthStore, "wsTokens" | "transaction">;
  readonly guard: Pick<TokenGuard, "check">;
  /** Addresses and networks whose X-Forwarded-Proto is believed. */
  readonly trustedProxies: readonly string[];
}

/** The developer-style API (contracts §5): tokens for programs that speak JSON; by HTTPS unless on this machine. */
export function apiV1Routes(given: ApiV1RoutesDeps): readonly Route[] {
  const deps = { ...given, isSecure: createSecureTransport(given.trustedProxies) };
  return [
    apiTokenRoute(deps),
    apiTokenRefreshRoute(deps),
    apiWsTokenRoute({ ...deps, wsTokens: createWsTokens(deps) }),
  ];
}
