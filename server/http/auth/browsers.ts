import { z } from "zod";
import { owner, ownersLook } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { HttpError } from "../kit/http-error.ts";
import { originOf } from "../kit/origin.ts";
import { route, type CallerRoute } from "../kit/route.ts";
import { toSessionBody } from "../kit/session-body.ts";

const parameters = z.object({ id: z.uuid() });

/**
 * `GET /auth/browsers`: the browsers in which the caller is signed in, newest first. `DELETE /auth/browsers/{id}` signs one
 * of them out; another's is not there. Programs are at `/oauth/sessions`, in the same fields.
 */
export function browsersRoutes({ webSessions }: HttpContext): readonly CallerRoute[] {
  return [
    route("GET", "/auth/browsers", ownersLook, async (_request, caller) => {
      const live = await webSessions.listLive(caller.userId);
      return {
        sessions: live.map((session) => toSessionBody(session, session.lastSeenAtMs, caller.webSessionId)),
      };
    }),
    route("DELETE", "/auth/browsers/:id", owner, async (request, caller) => {
      const { success, data } = parameters.safeParse(request.params);
      const ended = success && (await webSessions.endOf(caller.userId, data.id, originOf(request)));
      if (!ended) throw new HttpError(404, "There is no such browser.");
      return { message: "The browser is signed out." };
    }),
  ];
}
