import type { FastifyReply, FastifyRequest } from "fastify";
import { anyone } from "#server/domain/access/access.ts";
import type { OpenRoute } from "#server/http/kit/route.ts";
import { showConsent, takeConsent } from "./consent-step.ts";
import { findInteraction, type InteractionDeps, type Step } from "./interaction.ts";
import { errorPageOf, languageOf, PageError, readOwnForm, sendPage } from "./page-answers.ts";
import { showSignIn, takeSignIn } from "./sign-in-step.ts";

/** `GET` and `POST /oauth/interaction/:uid`: the step of a flow in which a person signs in or is asked for consent. */
export function interactionRoutes(deps: InteractionDeps): readonly OpenRoute[] {
  const show = { login: showSignIn, consent: showConsent } as const;
  const take = { login: takeSignIn, consent: takeConsent } as const;
  return [
    {
      method: "GET",
      path: "/oauth/interaction/:uid",
      access: anyone,
      handle: (request, reply) =>
        asPage(request, reply, deps, async () => {
          const step = await findStep(request, reply, deps);
          return show[promptOf(step)](step, deps);
        }),
    },
    {
      method: "POST",
      path: "/oauth/interaction/:uid",
      access: anyone,
      handle: (request, reply) =>
        asPage(request, reply, deps, async () => {
          const form = readOwnForm(deps.session.site, request);
          const step = await findStep(request, reply, deps);
          return take[promptOf(step)](step, form, deps);
        }),
    },
  ];
}

/** Runs the handler of a page; what it throws becomes a page as well, and goes to the log when it is our fault. */
export async function asPage(
  request: FastifyRequest,
  reply: FastifyReply,
  { session, stylePath }: Pick<InteractionDeps, "session" | "stylePath">,
  handle: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await handle();
  } catch (reason) {
    if (reply.sent) throw reason;
    const page = errorPageOf(reason, languageOf(request));
    if (page.status >= 500) session.logger.error("oidc.failed", { error: reason });
    return sendPage(reply, page, stylePath);
  }
}

async function findStep(request: FastifyRequest, reply: FastifyReply, deps: InteractionDeps): Promise<Step> {
  const provider = await deps.provider.current();
  const interaction = await findInteraction(provider, request, reply);
  const { client_id: clientId, redirect_uri: redirectUri, ui_locales: uiLocales } = interaction.params;
  const client = await provider.Client.find(String(clientId));
  if (client === undefined) throw new PageError(400, "unknown-client");
  return {
    provider,
    interaction,
    client: { id: client.clientId, name: client.clientName ?? client.clientId },
    language: languageOf(request, uiLocales),
    action: `/oauth/interaction/${interaction.uid}`,
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
