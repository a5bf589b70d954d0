import type { FastifyReply, FastifyRequest } from "fastify";
import type { Interaction, InteractionResults, Provider } from "oidc-provider";
import type { AuditEvent } from "#server/domain/audit/ports.ts";
import type { Sealer } from "#server/domain/secrets/sealer.ts";
import type { BrowserContext } from "../../auth/browser-session.ts";
import type { HttpContext } from "../../kit/http-context.ts";
import { begunCookie } from "../../kit/cookies.ts";
import { originOf } from "../../kit/origin.ts";
import type { PageLanguage } from "../pages/page-language.ts";
import { interactionPath } from "./begun-sign-in.ts";
import type { CurrentProvider } from "./current-provider.ts";
import type { ProviderContext } from "./oidc-context.ts";

/** What the routes of the interactive part need; of {@link BrowserContext}: a sign-in here is one for our own page too. */
export type OidcContext = ProviderContext &
  BrowserContext &
  Pick<HttpContext, "clients" | "signIn" | "limits"> & {
    readonly provider: CurrentProvider;
    /** Seals login and password between the two steps of a sign-in. */
    readonly proofSealer: Sealer;
  };

/** One step of a flow in which a person is asked, with all that it needs. */
export interface Step {
  readonly ctx: OidcContext;
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

/** Keeps the outcome and leads the browser back into the flow, by GET (RFC 9700 §4.12). */
export async function finish(
  { ctx, interaction, request, reply }: Step,
  result: InteractionResults,
): Promise<FastifyReply> {
  interaction.result = result;
  await interaction.persist();
  const answered = { path: interactionPath(interaction.uid), value: "", maxAgeSeconds: 0 };
  reply.header("set-cookie", begunCookie(ctx.site, request.headers, answered));
  // By the path alone: the browser may know this server by another of its names.
  return reply.redirect(new URL(interaction.returnTo).pathname, 303);
}

/** The person does not want to go on: the application is told `access_denied`. */
export async function refuse(step: Step, userId: string | undefined): Promise<FastifyReply> {
  const event: AuditEvent = {
    event: step.interaction.deviceCode === undefined ? "consent.refused" : "device.refused",
    outcome: "failure",
    reason: "denied-by-user",
    userId,
    clientId: step.client.id,
  };
  await step.ctx.store.auth.audit.append(event, originOf(step.request));
  return finish(step, { error: "access_denied", error_description: "The person did not agree." });
}
