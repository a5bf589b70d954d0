import { foreignPage } from "#server/authenticate.ts";
import type { WebSessions } from "#server/domain/accounts/web-sessions.ts";
import type { Logger } from "#server/domain/logger.ts";
import { pageCredentialsOf } from "../page-credentials.ts";
import type { Route } from "../route.ts";
import { clearSessionCookie } from "../session-cookie.ts";
import type { Site } from "../site.ts";
import { refuseForeignPage } from "./start-session.ts";

export interface LogoutRouteDeps {
  readonly webSessions: WebSessions;
  readonly site: Site;
  readonly logger: Logger;
}

/** `POST /auth/logout`: ends this browser's session, if it has one. */
export function logoutRoute({ webSessions, site, logger }: LogoutRouteDeps): Route {
  return {
    method: "POST",
    path: "/auth/logout",
    async handler(request, reply) {
      refuseForeignPage(site, request);
      const page = pageCredentialsOf(site, request);
      if (page !== undefined) {
        if (!page.fromOwnPage) throw foreignPage();
        await webSessions.end(page.sessionToken);
        logger.info("auth.signed_out");
      }
      clearSessionCookie(reply, site.needsSecureCookie(request.headers));
      return reply.code(204).send();
    },
  };
}
