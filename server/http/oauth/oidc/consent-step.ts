import type { FastifyReply } from "fastify";
import { consentPage } from "../pages/consent-page.ts";
import { readCookieSignIn } from "./cookie-sign-in.ts";
import { originOf } from "../../kit/origin.ts";
import { finish, refuse, type Step } from "./interaction.ts";
import { PageError, sendPage } from "./page-answers.ts";

/** `GET`: who asks for what. */
export async function showConsent(step: Step): Promise<FastifyReply> {
  const userId = await requireSignedIn(step);
  const account = await step.ctx.store.auth.accounts.findById(userId);
  const page = consentPage({
    language: step.language,
    action: step.action,
    clientName: step.client.name,
    accountName: account?.displayName ?? "",
    scopes: missingScopes(step),
    formTarget: step.formTarget,
  });
  return sendPage(step.reply, page);
}

/** `POST`: the choice. The scopes that the user allows are granted to this client for this browser's session. */
export async function takeConsent(step: Step, form: URLSearchParams): Promise<FastifyReply> {
  const userId = await requireSignedIn(step);
  if (form.get("decision") !== "allow") return refuse(step, userId);
  const { ctx, provider, interaction, client } = step;
  const scopes = missingScopes(step);
  const known =
    interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId);
  const grant = known ?? new provider.Grant({ accountId: userId, clientId: client.id });
  if (scopes.length > 0) grant.addOIDCScope([...scopes]);
  const grantId = await grant.save();
  await ctx.store.auth.audit.append(
    {
      event: "consent.given",
      outcome: "success",
      userId,
      clientId: client.id,
      data: { scope: scopes.join(" ") },
    },
    originOf(step.request),
  );
  return finish(step, { ...interaction.lastSubmission, consent: { grantId } });
}

/** The person whose consent is asked for must still be signed in here. */
async function requireSignedIn({ ctx, interaction, request }: Step): Promise<string> {
  const signedIn = await readCookieSignIn(ctx.webSessions, request.headers);
  const accountId = interaction.session?.accountId;
  if (accountId === undefined || signedIn?.userId !== accountId) throw new PageError(400, "request-expired");
  return accountId;
}

function missingScopes({ interaction }: Step): readonly string[] {
  const missing = interaction.prompt.details["missingOIDCScope"];
  return Array.isArray(missing) ? missing.filter((scope) => typeof scope === "string") : [];
}
