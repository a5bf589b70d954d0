import type { EventEmitter } from "node:events";
import { Provider, type Configuration, type JWKS, type KoaContextWithOIDC } from "oidc-provider";
import type { Account } from "#server/domain/accounts/ports.ts";
import { WEB_SESSION_TTL_MS } from "#server/domain/accounts/web-sessions.ts";
import { KNOWN_SCOPES } from "#server/domain/tokens/scopes.ts";
import { begunCookie, cookieNameAt } from "#server/http/kit/cookies.ts";
import { CLIENT_PROPERTIES, hasProperty } from "./client-metadata.ts";
import { interactionPath } from "./begun-sign-in.ts";
import { followCookieSignIn } from "./cookie-sign-in.ts";
import { createInteractionPolicy, loadExistingGrant } from "./interaction-policy.ts";
import { createOidcAdapter } from "./oidc-adapter.ts";
import type { ProviderContext } from "./oidc-context.ts";
import { createPageSources, type PageSources } from "./page-sources.ts";

/** Life of an authorization code (RFC 6749 §4.1.2: ten minutes at most). */
const CODE_TTL_SECONDS = 60;
/** Time to type the code of a device in, and to sign in. */
const DEVICE_CODE_TTL_SECONDS = 600;
const INTERACTION_TTL_SECONDS = 600;
const SESSION_TTL_SECONDS = WEB_SESSION_TTL_MS / 1000;
/** Eight letters of twenty: 2.5e10 codes (RFC 8628 §6.1). */
const USER_CODE_MASK = "****-****";
/** How long a device waits between polls (RFC 8628 §3.2). */
const DEVICE_POLL_SECONDS = 5;

/** Headers that the library sets for pages of other sites; none may read these answers. */
const CROSS_ORIGIN_HEADERS = [
  "access-control-allow-origin",
  "access-control-expose-headers",
  "vary",
] as const;

/**
 * oidc-provider as we use it: the interactive part alone. Tokens, introspection, revocation, userinfo, keys and discovery
 * are ours; its routes for them are not reachable.
 *
 * @param baseUrl origin by which browsers reach the server
 * @param jwks signing keys first
 */
export function createProvider(ctx: ProviderContext, baseUrl: string, jwks: JWKS): Provider {
  const pages = createPageSources(ctx);
  const provider = new Provider(ctx.config.issuer, configurationOf(ctx, pages, jwks, new URL(baseUrl).host));
  speakFor(provider, baseUrl);
  followCookieSignIn(provider, ctx.webSessions);
  provider.use(async (koa, next) => {
    await next();
    const { oidc } = koa as KoaContextWithOIDC;
    // In place of a page that would send itself by a script.
    if (oidc?.route === "end_session" && koa.status === 200 && oidc.session?.accountId === undefined) {
      pages.logout(koa as KoaContextWithOIDC, true);
    }
    for (const name of CROSS_ORIGIN_HEADERS) koa.remove(name);
    const exchange = ctx.exchanges.getStore();
    const given = exchange?.begun.given;
    if (given !== undefined) koa.append("set-cookie", begunCookie(ctx.site, koa.req.headers, given));
    await exchange?.beforeAnswer?.();
  });
  provider.on("server_error", (_koa, error) => ctx.logger.error("oidc.failed", { error }));
  const emitter: EventEmitter = provider;
  // Koa's own event, which it would print.
  emitter.on("error", (error) => ctx.logger.error("oidc.failed", { error }));
  provider.on("device_authorization.success", (_koa, body) => {
    Object.assign(body, { interval: DEVICE_POLL_SECONDS });
  });
  return provider;
}

/** Every address that the library makes is of the configured origin, whatever a request says of itself. */
function speakFor(provider: Provider, baseUrl: string): void {
  const { protocol, host, origin } = new URL(baseUrl);
  Object.defineProperties(provider.request, {
    protocol: { get: () => protocol.slice(0, -1) },
    secure: { get: () => protocol === "https:" },
    host: { get: () => host },
    href: {
      get(this: { readonly originalUrl: string }) {
        return `${origin}${this.originalUrl}`;
      },
    },
  });
}

function configurationOf(ctx: ProviderContext, pages: PageSources, jwks: JWKS, host: string): Configuration {
  return {
    adapter: createOidcAdapter(ctx),
    jwks,
    responseTypes: ["code"],
    scopes: [...KNOWN_SCOPES],
    claims: { openid: ["sub"], profile: ["name", "preferred_username"], email: ["email"] },
    clientAuthMethods: ["none"],
    extraClientMetadata: { properties: [...CLIENT_PROPERTIES] },
    clientBasedCORS: () => false,
    enableHttpPostMethods: false,
    pkce: { required: (_ctx, client) => !hasProperty(client, "pipit_confidential") },
    cookies: {
      keys: [ctx.masterKey.derive("oidc-cookie")],
      names: {
        session: cookieNameAt(host, "pipit_sso"),
        interaction: cookieNameAt(host, "pipit_step"),
        resume: cookieNameAt(host, "pipit_resume"),
      },
      long: { signed: true, httpOnly: true, sameSite: "lax", path: "/oauth" },
      short: { signed: true, httpOnly: true, sameSite: "lax" },
    },
    features: featuresOf(pages),
    findAccount: async (_koa, id) => toOidcAccount(await ctx.store.auth.accounts.findById(id)),
    interactions: {
      policy: createInteractionPolicy(),
      url: (_ctx, { uid }) => interactionPath(uid),
    },
    loadExistingGrant,
    // Signing out makes a code worthless that was not redeemed yet; a device goes its own way.
    expiresWithSession: (_ctx, source) => source.kind === "AuthorizationCode",
    renderError: (koa, { error, error_description: text }) => pages.error(koa, error, text),
    routes: {
      authorization: "/oauth/authorize",
      code_verification: "/oauth/device",
      device_authorization: "/oauth/device_authorization",
      end_session: "/oauth/logout",
    },
    ttl: {
      AuthorizationCode: CODE_TTL_SECONDS,
      DeviceCode: DEVICE_CODE_TTL_SECONDS,
      Grant: SESSION_TTL_SECONDS,
      Interaction: INTERACTION_TTL_SECONDS,
      // Before the sign-in it holds the guard of a form, no longer than the user has time to fill that in.
      Session: (_ctx, { accountId }) =>
        accountId === undefined ? INTERACTION_TTL_SECONDS : SESSION_TTL_SECONDS,
    },
  };
}

function featuresOf(pages: PageSources): NonNullable<Configuration["features"]> {
  return {
    devInteractions: { enabled: false },
    claimsParameter: { enabled: false },
    clientCredentials: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    requestObjects: { enabled: false },
    resourceIndicators: { enabled: false },
    revocation: { enabled: false },
    introspection: { enabled: false },
    userinfo: { enabled: false },
    dPoP: { enabled: false },
    deviceFlow: {
      enabled: true,
      charset: "base-20",
      mask: USER_CODE_MASK,
      deviceInfo: () => ({}),
      userCodeInputSource: (ctx, _form, _out, error) => pages.userCodeInput(ctx, error),
      userCodeConfirmSource: (ctx, _form, client, _info, userCode) =>
        pages.userCodeConfirm(ctx, client.clientName ?? client.clientId, userCode),
      successSource: (ctx) => pages.deviceDone(ctx),
    },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx) => pages.logout(ctx, false),
      postLogoutSuccessSource: (ctx) => pages.loggedOut(ctx),
    },
  };
}

function toOidcAccount(account: Account | undefined) {
  if (account?.active !== true) return undefined;
  return {
    accountId: account.id,
    claims: () => ({
      sub: account.id,
      name: account.displayName,
      preferred_username: account.login,
      email: account.email,
    }),
  };
}
