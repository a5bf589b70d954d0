import { accountClosed } from "#server/domain/access/ended-sign-in.ts";
import type { CallerAccess } from "#server/domain/access/access.ts";
import type { Account } from "#server/domain/accounts/ports.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { route, type CallerRoute } from "../kit/route.ts";

const access: CallerAccess = { who: "person", proof: "token-or-form", scope: "openid" };

/**
 * `GET` and `POST /oauth/userinfo` (OpenID Connect Core §5.3): who the bearer is, as far as the token's scope goes. The
 * token comes in the Authorization header or in a form (RFC 6750 §2.1, §2.2), never in the address.
 */
export function userinfoRoutes({ store }: HttpContext): readonly CallerRoute[] {
  return (["GET", "POST"] as const).map((method) =>
    route(method, "/oauth/userinfo", access, async (_request, { userId, scope }) => {
      const account = await store.auth.accounts.findById(userId);
      if (account === undefined || !account.active) throw accountClosed();
      return claimsAbout(account, scope);
    }),
  );
}

/** OpenID Connect Core §5.4. */
function claimsAbout(account: Account, scope: Caller["scope"]): Record<string, unknown> {
  const { id, login, displayName, email, updatedAtMs } = account;
  return {
    sub: id,
    ...(scope.includes("profile")
      ? { preferred_username: login, name: displayName, updated_at: Math.floor(updatedAtMs / 1000) }
      : {}),
    // This server sends no mail that could confirm it.
    ...(scope.includes("email") && email !== undefined ? { email, email_verified: false } : {}),
  };
}
