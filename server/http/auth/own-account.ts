import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { accountClosed } from "#server/domain/access/ended-sign-in.ts";
import { owner, reader } from "#server/domain/access/access.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { Owner } from "#server/domain/accounts/own-account.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { readBody } from "../kit/parameters.ts";
import { originOf } from "../kit/origin.ts";
import { route, type Route } from "../kit/route.ts";
import { clearSessionCookie, readDeviceCookie, setDeviceCookie } from "../kit/cookies.ts";
import { toAccountAnswer, toAccountBody } from "./account-answer.ts";
import { neededText, optionalText, otp } from "./account-fields.ts";

const profile = z.object({ display_name: optionalText, about: optionalText, email: optionalText });
const passwords = z
  .object({ old_password: neededText, new_password: neededText })
  .transform((given) => ({ oldPassword: given.old_password, newPassword: given.new_password }));
const proof = z
  .object({ password: neededText, otp })
  .transform((given) => ({ password: given.password, code: given.otp ?? undefined }));
const firstCode = z.object({ otp: neededText.max(100) });

/** What users see and change of their own account. */
export function ownAccountRoutes(ctx: HttpContext): readonly Route[] {
  return [
    /** Who is signed in, in the original's fields (docs/reference/accounts.md) and ours. */
    route("GET", "/auth/me", reader, async (_request, caller) => {
      const { accounts, totp } = ctx.store.auth;
      const found = await accounts.findWithCredentials(caller.userId);
      if (found === undefined || !found.account.active) throw accountClosed();
      const secondFactor = found.credentials.totpSealed !== undefined;
      return {
        ...toAccountBody(found.account),
        ...toAccountAnswer(found.account, caller.expiresAtMs ?? 0),
        second_factor: secondFactor,
        recovery_codes_left: secondFactor ? await totp.countRecoveryCodes(caller.userId) : 0,
      };
    }),
    /** Changes what is given; an empty text or null takes `about` or `email` away. */
    route("PUT", "/auth/profile", owner, async (request, { userId }) => {
      const wanted = readBody(profile, request);
      const change = {
        displayName: wanted.display_name ?? undefined,
        about: wanted.about === null ? "" : wanted.about,
        email: wanted.email === null ? "" : wanted.email,
      };
      return toAccountBody(await ctx.accounts.updateProfile(userId, change, originOf(request)));
    }),
    /** Ends all other sessions of the account. */
    route("PUT", "/auth/password", owner, async (request, caller, reply) => {
      const who = ownerOf(request, caller);
      const given = readBody(passwords, request);
      const { deviceToken } = await ctx.ownAccount.changePassword(who, given, originOf(request));
      if (who.keep.webSessionId !== undefined) setDeviceCookie(ctx.site, { request, reply }, deviceToken);
      return { message: "Password changed. All other sessions have ended." };
    }),
    ...secondFactorRoutes(ctx),
    /** Switches the account off, by password and a code where one is needed; ends all its sessions. */
    route("POST", "/auth/deactivate", owner, async (request, caller, reply) => {
      const who = ownerOf(request, caller);
      await ctx.ownAccount.deactivate(who, readBody(proof, request), originOf(request));
      clearSessionCookie(ctx.site, { request, reply });
      return { message: "The account is switched off. All its sessions have ended." };
    }),
  ];
}

function secondFactorRoutes(ctx: HttpContext): readonly Route[] {
  return [
    /** A fresh secret for an authenticator app, by password; to replace one in force, by its code too. */
    route("POST", "/auth/otp/init", owner, async (request, caller) => {
      const who = ownerOf(request, caller);
      const given = readBody(proof, request);
      const enrolment = await ctx.ownAccount.beginSecondFactor(who, given, originOf(request));
      const { uri, secret, qrSvg, qrTerminal } = enrolment;
      return { uri, secret, qr_svg: qrSvg, qr_terminal: qrTerminal };
    }),
    /** Puts the second factor in force; the recovery codes are shown this once. */
    route("POST", "/auth/otp/confirm", owner, async (request, caller) => {
      const { userId, keep } = ownerOf(request, caller);
      const { otp: code } = readBody(firstCode, request);
      return { recovery_codes: await ctx.secondFactor.confirm(userId, code, keep, originOf(request)) };
    }),
    /** Takes the second factor away, by password and a code. */
    route("POST", "/auth/otp/disable", owner, async (request, caller) => {
      const who = ownerOf(request, caller);
      await ctx.ownAccount.disableSecondFactor(who, readBody(proof, request), originOf(request));
      return { message: "The second factor is off. All other sessions have ended." };
    }),
  ];
}

/** The caller as the owner of an account, with what stays of it when all else is signed out. */
function ownerOf(request: FastifyRequest, { userId, clientId, sessionId, webSessionId }: Caller): Owner {
  return { userId, clientId, keep: { sessionId, webSessionId }, deviceToken: readDeviceCookie(request) };
}
