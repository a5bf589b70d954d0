import { z } from "zod";
import { reader, writer } from "#server/domain/access/access.ts";
import type { StoredWebSession } from "#server/domain/accounts/ports.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { HttpError } from "../kit/http-error.ts";
import { originOf } from "../kit/origin.ts";
import { route, type CallerRoute } from "../kit/route.ts";

const parameters = z.object({ id: z.uuid() });

/**
 * `GET /auth/browsers`: the browsers in which the caller is signed in, newest first. `DELETE /auth/browsers/{id}` signs one
 * of them out; another's is not there. Programs are at `/oauth/sessions`, in the same fields.
 */
export function browsersRoutes({ webSessions }: HttpContext): readonly CallerRoute[] {
  return [
    route("GET", "/auth/browsers", reader, async (_request, caller) => {
      const live = await webSessions.listLive(caller.userId);
      return { sessions: live.map((session) => toBrowserBody(session, caller.webSessionId)) };
    }),
    route("DELETE", "/auth/browsers/:id", writer, async (request, caller) => {
      const { success, data } = parameters.safeParse(request.params);
      const ended = success && (await webSessions.endOf(caller.userId, data.id, originOf(request)));
      if (!ended) throw new HttpError(404, "There is no such browser.");
      return { message: "The browser is signed out." };
    }),
  ];
}

/** @param currentId the browser that asks */
export function toBrowserBody(
  session: StoredWebSession,
  currentId: string | undefined,
): Record<string, unknown> {
  return {
    session_id: session.id,
    client_id: session.clientId,
    created_at: new Date(session.createdAtMs).toISOString(),
    last_used: new Date(session.lastSeenAtMs).toISOString(),
    ip_address: session.ip ?? null,
    user_agent: session.userAgent ?? null,
    expires_at: new Date(session.expiresAtMs).toISOString(),
    current: session.id === currentId,
  };
}
