import { PipitError } from "#contract/pipit-error.ts";
import type { HttpContext } from "#server/http/kit/http-context.ts";
import { OAuthError } from "../kit/oauth-error.ts";
import { granted, scopeFor, sessionRequest, type Grant } from "./grant.ts";

/**
 * RFC 6749 §4.3, which RFC 9700 §2.4 says must not be used: it is here for clients that still do, is off unless the
 * operator switched it on for a client, and skips no second factor (parameter `otp`).
 */
export function createPasswordGrant(ctx: HttpContext): Grant {
  const warned = new Set<string>();
  return async (request) => {
    const { client, form, origin } = request;
    const { clientId } = client;
    if (!client.allowPasswordGrant) {
      throw new OAuthError("unauthorized_client", "This client may not take passwords. Use the code grant.", {
        reason: "password-grant-off",
      });
    }
    // An operator sees who has yet to move to the code grant.
    ctx.metrics.passwordGrant(clientId);
    if (!warned.has(clientId)) {
      // Only clients that are registered and switched on get here, so the set stays small.
      warned.add(clientId);
      ctx.logger.warn("oauth.password_grant_used", { clientId });
    }
    const login = form.get("username");
    const password = form.get("password");
    if (login === undefined || password === undefined) {
      throw new OAuthError("invalid_request", "Missing required parameters: username and password", {
        pipitCode: "INVALID_REQUEST",
      });
    }
    const scope = scopeFor(request);
    const starts = ctx.sessions.starts(sessionRequest(request, { scope, grant: "password" }));
    try {
      const attempt = { login, password, otp: form.get("otp"), via: "oauth", clientId } as const;
      const signedIn = await ctx.signIn.byPassword(attempt, starts, origin);
      return granted(signedIn, scope);
    } catch (reason) {
      throw (reason instanceof PipitError && toRefusal(reason)) || reason;
    }
  };
}

/** What sign-in says, in the words of this grant; undefined for what every grant may say. */
function toRefusal({ code, message }: PipitError): OAuthError | undefined {
  const options = { reason: code, audited: true, pipitCode: code };
  switch (code) {
    case "CREDENTIALS_INVALID":
      return new OAuthError("invalid_grant", "Invalid username or password", options);
    case "OTP_REQUIRED":
      return new OAuthError(
        "invalid_grant",
        "This account has a second factor: send its code in the parameter otp.",
        options,
      );
    case "OTP_INVALID":
      return new OAuthError(
        "invalid_grant",
        "The code of the second factor is wrong or was used before.",
        options,
      );
    case "INVALID_REQUEST":
      return new OAuthError("invalid_request", message, options);
    default:
      return undefined;
  }
}
