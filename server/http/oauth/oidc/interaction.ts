import type { FastifyReply, FastifyRequest } from "fastify";
import type { Interaction, InteractionResults, Provider } from "oidc-provider";
import type { AccountStore } from "#server/domain/accounts/ports.ts";
import type { AuditEvent, AuditLog, AuditOrigin } from "#server/domain/audit/ports.ts";
import type { Sealer } from "#server/domain/secrets/sealer.ts";
import type { SignIn } from "#server/domain/sign-in/sign-in.ts";
import type { DeviceCookie } from "../../kit/device-cookie.ts";
import type { BrowserContext } from "../../auth/browser-session.ts";
import type { PageLanguage } from "../pages/page-language.ts";
import { PageError } from "./page-answers.ts";
import type { ProviderHolder } from "./provider-holder.ts";
import { toProviderRequest } from "./koa-exchange.ts";

export interface InteractionDeps {
  readonly provider: ProviderHolder;
  /** Of {@link BrowserContext}: a sign-in here is one for our own page too. */
  readonly session: BrowserContext;
  readonly signIn: Pick<SignIn, "byPassword">;
  readonly deviceCookie: DeviceCookie;
  readonly accounts: Pick<AccountStore, "findById">;
  readonly audit: AuditLog;
  /** Seals login and password between the two steps of a sign-in. */
  readonly proofSealer: Sealer;
  readonly originOf: (request: FastifyRequest) => AuditOrigin;
  readonly stylePath: string;
}

/** One step of a flow in which a person is asked, with all that it needs. */
export interface Step {
  readonly provider: Provider;
  readonly interaction: Interaction;
  readonly client: { readonly id: string; readonly name: string };
  readonly language: PageLanguage;
  /** Where its form goes. */
  readonly action: string;
  readonly formTarget: string | undefined;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** The interaction that belongs to this browser's cookie. Throws the library's error when there is none. */
export async function findInteraction(
  provider: Provider,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Interaction> {
  const interaction = await provider.interactionDetails(toProviderRequest(request), reply.raw);
  const { uid } = request.params as { readonly uid: string };
  if (interaction.uid !== uid) throw new PageError(400, "request-expired");
  return interaction;
}

/** Keeps the outcome and leads the browser back into the flow, by GET (RFC 9700 §4.12). */
export async function finish(
  { interaction, reply }: Pick<Step, "interaction" | "reply">,
  result: InteractionResults,
): Promise<FastifyReply> {
  interaction.result = result;
  await interaction.persist();
  // By the path alone: the browser may know this server by another of its names.
  return reply.redirect(new URL(interaction.returnTo).pathname, 303);
}

/** The person does not want to go on: the application is told `access_denied`. */
export async function refuse(
  step: Step,
  deps: Pick<InteractionDeps, "audit" | "originOf">,
  userId: string | undefined,
): Promise<FastifyReply> {
  const event: AuditEvent = {
    event: step.interaction.deviceCode === undefined ? "consent.refused" : "device.refused",
    outcome: "failure",
    reason: "denied-by-user",
    userId,
    clientId: step.client.id,
  };
  await deps.audit.append(event, deps.originOf(step.request));
  return finish(step, { error: "access_denied", error_description: "The person did not agree." });
}
