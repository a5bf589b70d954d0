import { z } from "zod";
import { owner, ownersLook } from "#server/domain/access/access.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { originOf } from "../kit/origin.ts";
import { route, type CallerRoute } from "../kit/route.ts";
import { toSessionBody } from "../kit/session-body.ts";

const parameters = z.object({ id: z.uuid() });

/**
 * `GET /oauth/sessions`: where the caller is signed in, newest first. `DELETE /oauth/sessions/{id}` ends one of them;
 * another's is not there. The answers are those of docs/reference/oauth.md, "Sessions".
 */
export function sessionsRoutes({ sessions }: HttpContext): readonly CallerRoute[] {
  return [
    route("GET", "/oauth/sessions", ownersLook, async (_request, caller) => {
      const live = await sessions.listLive(caller.userId);
      return { sessions: live.map((family) => toSessionBody(family, family.lastUsedAtMs, caller.sessionId)) };
    }),
    route("DELETE", "/oauth/sessions/:id", owner, async (request, caller, reply) => {
      const { success, data } = parameters.safeParse(request.params);
      const ended =
        success &&
        (await sessions.revoke(
          { sessionId: data.id, userId: caller.userId, reason: "revoked" },
          originOf(request),
        ));
      if (ended) return { message: `Session ${data.id} revoked successfully` };
      reply.code(404);
      return { detail: "Session not found" };
    }),
  ];
}
