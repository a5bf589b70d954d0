import type { IncomingMessage } from "node:http";
import type { FastifyRequest } from "fastify";
import type { KoaContextWithOIDC } from "oidc-provider";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { AuthStore } from "#server/domain/auth-store.ts";
import { limitBucket } from "#server/domain/limits/rules.ts";
import type { AttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import { createSealer } from "#server/domain/secrets/sealer.ts";
import type { MasterKey } from "#server/domain/tokens/master-key.ts";
import type { OidcPayloadStore } from "#server/domain/tokens/oidc-payload-port.ts";
import type { DeviceCookie } from "../../kit/device-cookie.ts";
import type { BrowserContext } from "../../auth/browser-session.ts";
import type { SignIn } from "#server/domain/sign-in/sign-in.ts";
import { originOf } from "#server/http/kit/origin.ts";
import type { OpenRoute } from "#server/http/kit/route.ts";
import { createAuthenticateClient, type ClientDirectory } from "../kit/client-authentication.ts";
import type { CodeRedeemer } from "../grants/code-redeemer.ts";
import { createPageStyle } from "../pages/page-style.ts";
import { oidcRoutes } from "./oidc-routes.ts";
import { createPageSources, type ProviderExchange } from "./page-sources.ts";
import { createProviderHolder, type OidcKeys } from "./provider-holder.ts";
import { createRedeemCode } from "./redeem-code.ts";
import { createRedeemDevice } from "./redeem-device.ts";

/** Begin something new; the other records come after one of these. */
const BEGINNINGS: ReadonlySet<string> = new Set(["Interaction", "DeviceCode", "Session"]);
/** Removed with every new record; enough to keep up with any load. */
const REMOVED_AT_ONCE = 100;

export interface OidcDeps {
  /** `iss` of our tokens. */
  readonly issuer: string;
  /** Origin by which browsers reach the server, known once the port is open. */
  readonly baseUrl: () => string;
  readonly auth: AuthStore;
  readonly payloads: OidcPayloadStore;
  readonly clients: ClientDirectory;
  readonly keys: OidcKeys;
  readonly masterKey: MasterKey;
  readonly signIn: Pick<SignIn, "byPassword">;
  readonly limits: Pick<AttemptLimits, "take">;
  readonly session: BrowserContext;
  readonly deviceCookie: DeviceCookie;
  /** Default: that of the HTTP port. */
  readonly originOf?: (request: FastifyRequest) => AuditOrigin;
}

/** The interactive part of OAuth and OpenID Connect. */
export interface Oidc extends CodeRedeemer {
  readonly routes: readonly OpenRoute[];
}

export function createOidc(deps: OidcDeps): Oidc {
  const { auth, clients, masterKey, session } = deps;
  const { clock, logger, webSessions } = session;
  const style = createPageStyle();
  const exchanges = new WeakMap<IncomingMessage, ProviderExchange>();
  const exchangeOf = ({ req }: { readonly req: IncomingMessage }) => exchanges.get(req);
  const findClient = (clientId: string) => clients.find(clientId);
  const findAccount = (id: string) => auth.accounts.findById(id);
  const sealer = createSealer(masterKey.derive("oidc-payload-seal"));
  const payloads = withRemoval(deps.payloads, clock);
  const pages = createPageSources({
    stylePath: style.path,
    exchangeOf,
    onDevice: (ctx, outcome) => auditDevice(auth, ctx, outcome, exchangeOf(ctx)?.origin),
  });
  const provider = createProviderHolder({
    issuer: deps.issuer,
    baseUrl: deps.baseUrl,
    keys: deps.keys,
    cookieKey: masterKey.derive("oidc-cookie"),
    payloads,
    sealer,
    findClient,
    findAccount,
    webSessions,
    pages,
    exchangeOf,
    databaseNowMs: () => auth.nowMs(),
    clock,
    logger,
  });
  const refuseLocked = async (id: string): Promise<void> => {
    const attempt = await deps.limits.take([limitBucket("lockout", id)]);
    // Nothing was tried: it was only asked whether something might be.
    await attempt.settle("void");
  };
  return {
    redeemCode: createRedeemCode({ provider }),
    redeemDevice: createRedeemDevice({ provider, refuseLocked, payloads, sealer, clock }),
    routes: oidcRoutes({
      provider,
      exchanges,
      findClient,
      authenticateClient: createAuthenticateClient(clients),
      limits: deps.limits,
      style,
      stylePath: style.path,
      session,
      signIn: deps.signIn,
      deviceCookie: deps.deviceCookie,
      accounts: auth.accounts,
      audit: auth.audit,
      proofSealer: createSealer(masterKey.derive("oidc-sign-in-proof")),
      originOf: deps.originOf ?? originOf,
    }),
  };
}

/** Removes ended records when a new one begins, so that no timer is needed. */
function withRemoval(payloads: OidcPayloadStore, clock: { nowMs(): number }): OidcPayloadStore {
  return {
    ...payloads,
    async upsert(payload) {
      await payloads.upsert(payload);
      if (BEGINNINGS.has(payload.model)) {
        await payloads.removeEnded(clock.nowMs(), REMOVED_AT_ONCE);
      }
    },
  };
}

async function auditDevice(
  { audit }: AuthStore,
  { oidc }: KoaContextWithOIDC,
  outcome: "approved" | "refused",
  origin: AuditOrigin = { ip: undefined, userAgent: undefined, correlationId: undefined },
): Promise<void> {
  await audit.append(
    {
      event: outcome === "approved" ? "device.approved" : "device.refused",
      outcome: outcome === "approved" ? "success" : "failure",
      userId: oidc.session?.accountId,
      clientId: oidc.deviceCode?.clientId,
    },
    origin,
  );
}
