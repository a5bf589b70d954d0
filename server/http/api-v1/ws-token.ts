import type { CallerAccess } from "#server/domain/access/access.ts";
import { createWsTokens, WS_TOKEN_TTL_MS } from "#server/domain/tokens/ws-tokens.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { originOf } from "../kit/origin.ts";
import { route, type CallerRoute } from "../kit/route.ts";

const access: CallerAccess = {
  who: "person",
  proof: "token",
  scope: "api:read",
  secure: true,
  signedIn: true,
};

/** `POST /api/v1/ws-token/` with a bearer token and no body: a token that opens one WebSocket. */
export function apiWsTokenRoute(ctx: HttpContext): CallerRoute {
  const wsTokens = createWsTokens(ctx.store.auth, ctx.guard);
  return route("POST", "/api/v1/ws-token/", access, async (request, caller) => {
    const { token, expiresAtMs } = await wsTokens.issue(caller, originOf(request));
    return {
      ws_token: token,
      expires_at: new Date(expiresAtMs).toISOString(),
      expires_in: WS_TOKEN_TTL_MS / 1000,
    };
  });
}
