import { z } from "zod";
import { reader, writer } from "#server/domain/access/access.ts";
import type { RefreshFamily } from "#server/domain/tokens/ports.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { originOf } from "../kit/origin.ts";
import { route, type CallerRoute } from "../kit/route.ts";

const parameters = z.object({ id: z.uuid() });

/**
 * `GET /oauth/sessions`: where the caller is signed in, newest first. `DELETE /oauth/sessions/{id}` ends one of them;
 * another's is not there. The answers are those of docs/reference/oauth.md, "Sessions".
 */
export function sessionsRoutes({ sessions }: HttpContext): readonly CallerRoute[] {
  return [
    route("GET", "/oauth/sessions", reader, async (_request, caller) => {
      const live = await sessions.listLive(caller.userId);
      return { sessions: live.map((family) => toProgramBody(family, caller.sessionId)) };
    }),
    route("DELETE", "/oauth/sessions/:id", writer, async (request, caller, reply) => {
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

/** @param currentId the session that asks */
export function toProgramBody(family: RefreshFamily, currentId: string | undefined): Record<string, unknown> {
  return {
    session_id: family.id,
    client_id: family.clientId,
    created_at: new Date(family.createdAtMs).toISOString(),
    last_used: new Date(family.lastUsedAtMs).toISOString(),
    ip_address: family.ip ?? null,
    user_agent: family.userAgent ?? null,
    expires_at: new Date(family.expiresAtMs).toISOString(),
    current: family.id === currentId,
  };
}
