import { z } from "zod";
import { WEB_CLIENT_ID } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { narrowScope } from "#server/domain/tokens/scopes.ts";
import { browserDoor } from "#server/domain/access/access.ts";
import { registrationClosed, type Registration } from "#server/domain/accounts/accounts.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { readDeviceCookie, setDeviceCookie } from "../kit/cookies.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { readBody } from "../kit/parameters.ts";
import { originOf } from "../kit/origin.ts";
import { route, type Route } from "../kit/route.ts";
import { toAccountBody } from "./account-answer.ts";
import { neededText, optionalText, otp } from "./account-fields.ts";
import { granted } from "../oauth/grants/grant.ts";
import { toTokenAnswer } from "../oauth/kit/token-answer.ts";
import { keepSession, personSession } from "./browser-session.ts";

const credentials = z.object({ login: neededText, password: neededText, otp });
const newAccount = z.object({
  login: neededText,
  password: neededText,
  display_name: optionalText,
  about: optionalText,
  email: optionalText,
  client_id: optionalText,
});

/** Where a browser is signed in by login and password. */
export function passwordSignInRoutes(ctx: HttpContext): readonly Route[] {
  return [
    /** Makes an account and signs in to it: this browser, or with `client_id` a program of ours, which gets tokens. */
    route("POST", "/auth/register", browserDoor, async (request, reply) => {
      if (!ctx.config.auth.registrationOpen) throw registrationClosed();
      const wanted = readBody(newAccount, request);
      const registration = {
        login: wanted.login,
        password: wanted.password,
        displayName: wanted.display_name ?? undefined,
        about: wanted.about ?? undefined,
        email: wanted.email ?? undefined,
      };
      const origin = originOf(request);
      const clientId = wanted.client_id ?? undefined;
      if (clientId !== undefined) return registerByProgram(ctx, { clientId, registration, origin });
      const registered = await ctx.accounts.registerAndSignIn(
        registration,
        ctx.webSessions.starts(personSession(request, "registration")),
        origin,
      );
      const { account } = registered;
      const answer = keepSession(ctx, { request, reply }, registered);
      ctx.logger.info("auth.registered", { userId: account.id, clientId: WEB_CLIENT_ID });
      return { ...toAccountBody(account), ...answer };
    }),
    /** By login (or e-mail address) and password, and a code where one is needed. */
    route("POST", "/auth/login", browserDoor, async (request, reply) => {
      const { login, password, otp: code } = readBody(credentials, request);
      const signedIn = await ctx.signIn.byPassword(
        {
          login,
          password,
          otp: code ?? undefined,
          deviceToken: readDeviceCookie(request),
          via: "web",
          clientId: WEB_CLIENT_ID,
        },
        ctx.webSessions.starts(personSession(request, "password")),
        originOf(request),
      );
      const answer = keepSession(ctx, { request, reply }, signedIn);
      setDeviceCookie(ctx.site, { request, reply }, signedIn.deviceToken);
      return { ...toAccountBody(signedIn.account), ...answer };
    }),
  ];
}

interface ProgramRegistration {
  readonly clientId: string;
  readonly registration: Registration;
  readonly origin: AuditOrigin;
}

/** Answers as the token endpoint does. Throws NOT_ALLOWED for a client that may not take passwords. */
async function registerByProgram(ctx: HttpContext, asked: ProgramRegistration) {
  const client = await ctx.clients.find(asked.clientId);
  const allowed = ctx.config.auth.programsTakePasswords && client?.allowPasswordGrant === true;
  if (!allowed || !client.active || client.confidential) {
    throw new PipitError("NOT_ALLOWED", "This client may not take passwords.", { field: "client_id" });
  }
  const scope = narrowScope(undefined, client.scope) ?? client.scope;
  const wanted = { client, scope, grant: "registration", withRefreshToken: true };
  const { registration, origin } = asked;
  const starts = ctx.sessions.starts(wanted);
  const registered = await ctx.accounts.registerAndSignIn(registration, starts, origin);
  await ctx.signingKeys.fresh();
  ctx.logger.info("auth.registered", { userId: registered.account.id, clientId: client.clientId });
  return toTokenAnswer(ctx, client, granted(registered, scope));
}
