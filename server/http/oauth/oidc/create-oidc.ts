import { AsyncLocalStorage } from "node:async_hooks";
import { sealerFor } from "#server/domain/master-key/master-key.ts";
import type { OpenRoute } from "#server/http/kit/route.ts";
import type { CodeRedeemer } from "../grants/code-redeemer.ts";
import type { OidcContext } from "./interaction.ts";
import { oidcRoutes } from "./oidc-routes.ts";
import { createCurrentProvider } from "./current-provider.ts";
import type { ProviderExchange } from "./oidc-context.ts";
import { redeemCode } from "./redeem-code.ts";
import { redeemDevice } from "./redeem-device.ts";

/** The interactive part of OAuth and OpenID Connect. */
export interface Oidc extends CodeRedeemer {
  readonly routes: readonly OpenRoute[];
}

export function createOidc(
  server: Omit<OidcContext, "sealer" | "proofSealer" | "exchanges" | "provider">,
): Oidc {
  const parts = {
    ...server,
    sealer: sealerFor(server.masterKey, "oidc-payload-seal"),
    proofSealer: sealerFor(server.masterKey, "oidc-sign-in-proof"),
    exchanges: new AsyncLocalStorage<ProviderExchange>(),
  };
  const ctx: OidcContext = { ...parts, provider: createCurrentProvider(parts) };
  return {
    redeemCode: (request) => redeemCode(ctx, request),
    redeemDevice: (request) => redeemDevice(ctx, request),
    routes: oidcRoutes(ctx),
  };
}
