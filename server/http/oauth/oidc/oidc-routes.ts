import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { PipitError } from "#contract/pipit-error.ts";
import { anyone, oauthClient } from "#server/domain/access/access.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { peerKeyOf } from "#server/net/client-address.ts";
import { limitBucket } from "#server/domain/limits/rules.ts";
import { narrowScope } from "#server/domain/tokens/scopes.ts";
import { originOf } from "#server/http/kit/origin.ts";
import { FOREVER, route, type OpenRoute } from "#server/http/kit/route.ts";
import { clearSessionCookie, readSessionCookie } from "#server/http/kit/cookies.ts";
import { authenticateClient } from "../kit/client-authentication.ts";
import { OAuthError } from "../kit/oauth-error.ts";
import { readForm } from "../kit/oauth-form.ts";
import { pageHeaders } from "../pages/page-shell.ts";
import { pageStyle } from "../pages/page-style.ts";
import type { OidcContext } from "./interaction.ts";
import { readCookieSignIn } from "./cookie-sign-in.ts";
import { interactionRoutes, pageRoute, type PageHandler } from "./interaction-routes.ts";
import { answerByProvider, exchangeOf, toProviderRequest } from "./koa-exchange.ts";
import { readOwnForm } from "./page-answers.ts";
import type { ProviderExchange } from "./oidc-context.ts";

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
/** It comes back to the application as it is, and is kept meanwhile. */
const MAX_STATE_CHARS = 512;

/** The interactive part of OAuth and OpenID Connect: pages for users, and where devices begin. */
export function oidcRoutes(ctx: OidcContext): readonly OpenRoute[] {
  const { path, css } = pageStyle;
  return [
    pageRoute(ctx, "GET", "/oauth/authorize", authorize),
    pageRoute(ctx, "POST", "/oauth/authorize", repeatAsGet),
    pageRoute(ctx, "GET", "/oauth/authorize/:uid", pass),
    ...interactionRoutes(ctx),
    route("POST", "/oauth/device_authorization", oauthClient, (request, reply) =>
      authorizeDevice(ctx, request, reply),
    ),
    pageRoute(ctx, "GET", "/oauth/device", askForCode),
    pageRoute(ctx, "POST", "/oauth/device", takeCode),
    pageRoute(ctx, "GET", "/oauth/device/:uid", pass),
    pageRoute(ctx, "GET", "/oauth/logout", askToLogOut),
    pageRoute(ctx, "POST", "/oauth/logout", repeatAsGet),
    pageRoute(ctx, "POST", "/oauth/logout/confirm", logOut),
    pageRoute(ctx, "GET", "/oauth/logout/success", pass),
    route("GET", path, anyone, async (_request, reply) =>
      reply.header("cache-control", FOREVER).type("text/css; charset=utf-8").send(css),
    ),
  ];
}

/** Lets the library answer, with the headers of a page; what its callbacks need to know is beside the request. */
async function answer(
  { provider, exchanges }: OidcContext,
  reply: FastifyReply,
  message: IncomingMessage,
  exchange: ProviderExchange,
): Promise<FastifyReply> {
  const library = await provider();
  for (const [name, value] of Object.entries(pageHeaders({}))) reply.header(name, value);
  await exchanges.run(exchange, () => answerByProvider(library, message, reply));
  return reply;
}

const pass: PageHandler = (ctx, request, reply) =>
  answer(ctx, reply, toProviderRequest(request), exchangeOf(request));

/** A POST of another site brings no cookies of ours (SameSite), so the same is asked again by GET, which does. */
const repeatAsGet: PageHandler = async (_ctx, request, reply) => {
  const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
  return reply.redirect(`${pathOf(request)}?${form.toString()}`, 303);
};

/** What browsers without a sign-in of ours begin costs work, and of some pages a record. Throws RATE_LIMITED. */
async function chargeStranger(ctx: OidcContext, request: FastifyRequest): Promise<void> {
  if ((await readCookieSignIn(ctx.webSessions, request.headers)) === undefined)
    await chargeBegun(ctx, request);
}

/** Throws RATE_LIMITED. */
async function chargeBegun({ limits }: OidcContext, request: FastifyRequest): Promise<void> {
  const attempt = await limits.take([limitBucket("begun-sign-in", peerKeyOf(originOf(request).ip))]);
  await attempt.settle("failed");
}

/** RFC 6749 §4.1.1. */
const authorize: PageHandler = async (ctx, request, reply) => {
  const query = queryOf(request);
  if ((query.get("state")?.length ?? 0) > MAX_STATE_CHARS) {
    throw new PipitError("INVALID_REQUEST", `state: must be at most ${MAX_STATE_CHARS} characters long.`, {
      field: "state",
    });
  }
  await chargeStranger(ctx, request);
  const client = await ctx.clients.find(query.get("client_id") ?? "");
  // As at the token endpoint: nothing asked means what is usual.
  if (client !== undefined && !query.get("scope")) {
    query.set("scope", narrowScope(undefined, client.scope) ?? "");
  }
  // The others are pages with scripts. This name is unknown to the library, which says so to the application.
  if (query.has("response_mode") && query.get("response_mode") !== "query") {
    query.set("response_mode", "unsupported");
  }
  const message = toProviderRequest(request, { url: `${pathOf(request)}?${query.toString()}` });
  return answer(ctx, reply, message, exchangeOf(request));
};

/** RFC 8628 §3.1. Client authentication is ours. */
const authorizeDevice: PageHandler = async (ctx, request, reply) => {
  const form = readForm(request);
  const client = await authenticateClient(ctx.clients, request, form);
  if (!client.grantTypes.includes(DEVICE_GRANT)) {
    throw new OAuthError("unauthorized_client", "This client may not connect devices.");
  }
  const scope = narrowScope(form.get("scope"), client.scope);
  if (scope === undefined) {
    throw new OAuthError("invalid_scope", "The client may not ask for this scope.");
  }
  await chargeBegun(ctx, request);
  const sent = new URLSearchParams({ client_id: client.clientId, scope });
  const locales = form.get("ui_locales");
  if (locales !== undefined) sent.set("ui_locales", locales);
  const message = toProviderRequest(request, { url: pathOf(request), form: sent });
  message.headers.accept = "application/json";
  return answer(ctx, reply, message, exchangeOf(request));
};

/** RFC 8628 §3.3. A code in the address is put into the field, for the person to send. */
const askForCode: PageHandler = async (ctx, request, reply) => {
  await chargeStranger(ctx, request);
  const query = queryOf(request);
  const prefilledUserCode = query.get("user_code")?.slice(0, 16);
  query.delete("user_code");
  const message = toProviderRequest(request, { url: `${pathOf(request)}?${query.toString()}` });
  return answer(ctx, reply, message, { ...exchangeOf(request), prefilledUserCode });
};

/** Codes that are not there count, by network (RFC 8628 §5.1). */
const takeCode: PageHandler = async (ctx, request, reply) => {
  const form = readOwnForm(ctx.site, request);
  const origin = originOf(request);
  const attempt = await ctx.limits.take([limitBucket("user-code", peerKeyOf(origin.ip))]);
  const exchange = exchangeOf(request);
  try {
    return await answer(ctx, reply, toProviderRequest(request, { url: pathOf(request), form }), exchange);
  } finally {
    // A right code gives nothing back but its own charge: otherwise an attacker's own device would buy more guesses.
    await attempt.settle(exchange.userCodeMissed === true ? "failed" : "void");
  }
};

const askToLogOut: PageHandler = async (ctx, request, reply) => {
  await chargeStranger(ctx, request);
  return pass(ctx, request, reply);
};

/** Ends the sign-in of this browser, here and on our own page. */
const logOut: PageHandler = async (ctx, request, reply) => {
  const form = readOwnForm(ctx.site, request);
  if (form.get("logout") !== "yes") return reply.redirect("/", 303);
  const token = readSessionCookie(request.headers);
  clearSessionCookie(ctx.site, { request, reply });
  const message = toProviderRequest(request, { url: pathOf(request), form });
  return answer(ctx, reply, message, {
    ...exchangeOf(request),
    // Not sooner: the library's session ends with ours, and would not find the way back to the application.
    beforeAnswer: () => endSession(ctx, token, originOf(request)),
  });
};

async function endSession(
  { store, webSessions }: OidcContext,
  token: string | undefined,
  origin: AuditOrigin,
): Promise<void> {
  if (token === undefined) return;
  const caller = await webSessions.verify(token).catch(() => undefined);
  await webSessions.end(token);
  if (caller === undefined) return;
  const { userId, clientId } = caller;
  await store.auth.audit.append({ event: "logout", outcome: "success", userId, clientId }, origin);
}

function queryOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(request.url.split("?").slice(1).join("?"));
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "";
}
