import { requireScope } from "#server/domain/tokens/scopes.ts";
import { WS_TOKEN_TTL_MS, type WsTokens } from "#server/domain/tokens/ws-tokens.ts";
import { originOf } from "../kit/origin.ts";
import type { RequireCaller } from "../kit/require-caller.ts";
import type { Route } from "../kit/route.ts";
import type { IsSecureTransport } from "../kit/secure-transport.ts";
import { apiHandler } from "./api-answer.ts";

export interface WsTokenRouteDeps {
  readonly wsTokens: Pick<WsTokens, "issue">;
  readonly requireBearer: RequireCaller;
  readonly isSecure: IsSecureTransport;
}

/** `POST /api/v1/ws-token/` with a bearer token and no body: a token that opens one WebSocket. */
export function apiWsTokenRoute(deps: WsTokenRouteDeps): Route {
  return {
    method: "POST",
    path: "/api/v1/ws-token/",
    handler: apiHandler(deps.isSecure, async (request) => {
      const caller = await deps.requireBearer(request);
      requireScope(caller, "api:read");
      const { token, expiresAtMs } = await deps.wsTokens.issue(caller, originOf(request));
      return {
        ws_token: token,
        expires_at: new Date(expiresAtMs).toISOString(),
        expires_in: WS_TOKEN_TTL_MS / 1000,
      };
    }),
  };
}
