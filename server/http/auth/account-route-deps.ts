import type { FastifyRequest } from "fastify";
import type { Accounts } from "#server/domain/accounts/accounts.ts";
import type { Owner, OwnAccount } from "#server/domain/accounts/own-account.ts";
import { hashOpaqueToken } from "#server/domain/accounts/opaque-token.ts";
import type { PasswordSignIn } from "#server/domain/accounts/password-sign-in.ts";
import type { SecondFactor } from "#server/domain/accounts/second-factor.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import { requireScope } from "#server/domain/tokens/scopes.ts";
import type { RequireCaller } from "../kit/require-caller.ts";
import { readSessionCookie } from "../kit/session-cookie.ts";
import type { DeviceCookie } from "./device-cookie.ts";
import type { StartSessionDeps } from "./start-session.ts";

/** What the routes of accounts need. */
export interface AccountRouteDeps extends StartSessionDeps {
  readonly accountService: Accounts;
  readonly ownAccount: OwnAccount;
  readonly passwordSignIn: PasswordSignIn;
  readonly secondFactor: SecondFactor;
  readonly requireCaller: RequireCaller;
  readonly deviceCookie: DeviceCookie;
  /** Whether strangers may make accounts (PIPIT_REGISTRATION). */
  readonly registrationOpen: boolean;
}

/** Somebody who may change their own account. Throws as {@link RequireCaller}, NOT_ALLOWED without the scope. */
export async function requireOwner(deps: AccountRouteDeps, request: FastifyRequest): Promise<Owner> {
  const caller = await deps.requireCaller(request);
  requireScope(caller, "api:write");
  return ownerOf(deps, request, caller);
}

function ownerOf({ deviceCookie }: AccountRouteDeps, request: FastifyRequest, caller: Caller): Owner {
  const { authorization, cookie } = request.headers;
  // A bearer token wins over a cookie, and then it is not the cookie's session that goes on.
  const sessionToken = authorization === undefined ? readSessionCookie(cookie) : undefined;
  return {
    userId: caller.userId,
    clientId: caller.clientId,
    keep: {
      sessionId: caller.sessionId,
      webSessionHash: sessionToken === undefined ? undefined : hashOpaqueToken(sessionToken),
    },
    deviceToken: deviceCookie.read(request),
  };
}
