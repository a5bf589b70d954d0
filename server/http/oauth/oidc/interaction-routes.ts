import type { FastifyReply, FastifyRequest } from "fastify";
import { anyone } from "#server/domain/access/access.ts";
import { route, type OpenRoute } from "#server/http/kit/route.ts";
import { showConsent, takeConsent } from "./consent-step.ts";
import type { OidcContext, Step } from "./interaction.ts";
import { interactionPath } from "./begun-sign-in.ts";
import { exchangeOf, toProviderRequest } from "./koa-exchange.ts";
import { errorPageOf, languageOf, PageError, readOwnForm, sendPage } from "./page-answers.ts";
import { showSignIn, takeSignIn } from "./sign-in-step.ts";

/** Answers with a page. */
export type PageHandler = (
  ctx: OidcContext,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply>;

/** `GET` and `POST /oauth/interaction/:uid`: the step of a flow in which a person signs in or is asked for consent. */
export function interactionRoutes(ctx: OidcContext): readonly OpenRoute[] {
  const show = { login: showSignIn, consent: showConsent } as const;
  const take = { login: takeSignIn, consent: takeConsent } as const;
  return [
    pageRoute(ctx, "GET", interactionPath(":uid"), async (_ctx, request, reply) => {
      const step = await findStep(ctx, request, reply);
      return show[promptOf(step)](step);
    }),
    pageRoute(ctx, "POST", interactionPath(":uid"), async (_ctx, request, reply) => {
      const form = readOwnForm(ctx.site, request);
      const step = await findStep(ctx, request, reply);
      return take[promptOf(step)](step, form);
    }),
  ];
}

/** The route of a page; what its handler throws becomes a page as well, and goes to the log when it is our fault. */
export function pageRoute(
  ctx: OidcContext,
  method: OpenRoute["method"],
  path: string,
  handle: PageHandler,
): OpenRoute {
  return route(method, path, anyone, async (request, reply) => {
    try {
      return await handle(ctx, request, reply);
    } catch (reason) {
      if (reply.sent) throw reason;
      const page = errorPageOf(reason, languageOf(request));
      if ((page.status ?? 500) >= 500) ctx.logger.error("oidc.failed", { error: reason });
      return sendPage(reply, page);
    }
  });
}

/** The step that belongs to this browser's cookie. Throws the library's error when there is none. */
async function findStep(ctx: OidcContext, request: FastifyRequest, reply: FastifyReply): Promise<Step> {
  const provider = await ctx.provider();
  const interaction = await ctx.exchanges.run(exchangeOf(request), () =>
    provider.interactionDetails(toProviderRequest(request), reply.raw),
  );
  const { uid } = request.params as { readonly uid: string };
  if (interaction.uid !== uid) throw new PageError(400, "request-expired");
  const { client_id: clientId, redirect_uri: redirectUri, ui_locales: uiLocales } = interaction.params;
  const client = await provider.Client.find(String(clientId));
  if (client === undefined) throw new PageError(400, "unknown-client");
  return {
    ctx,
    provider,
    interaction,
    client: { id: client.clientId, name: client.clientName ?? client.clientId },
    language: languageOf(request, uiLocales),
    action: interactionPath(interaction.uid),
    formTarget: typeof redirectUri === "string" ? redirectUri : undefined,
    request,
    reply,
  };
}

function promptOf({ interaction }: Step): "login" | "consent" {
  const { name } = interaction.prompt;
  if (name === "login" || name === "consent") return name;
  throw new Error(`The OpenID library asks for a page that does not exist: ${name}`);
}
