import { z } from "zod";
import { PipitError } from "#contract/pipit-error.ts";
import type { Caller } from "#server/domain/access/caller.ts";
import type { RefreshFamily } from "#server/domain/tokens/ports.ts";
import { requireScope } from "#server/domain/tokens/scopes.ts";
import type { Sessions } from "#server/domain/tokens/sessions.ts";
import { originOf } from "../kit/origin.ts";
import type { RequireCaller } from "../kit/require-caller.ts";
import type { Route } from "../kit/route.ts";

const parameters = z.object({ id: z.uuid() });

export interface SessionsRoutesDeps {
  readonly requireCaller: RequireCaller;
  readonly sessions: Pick<Sessions, "listLive" | "revoke">;
}

/**
 * `GET /oauth/sessions`: where the caller is signed in, newest first. `DELETE /oauth/sessions/{id}` ends one of them;
 * another's is not there. The answers are those of wire-facts §4.8.
 */
export function sessionsRoutes({ requireCaller, sessions }: SessionsRoutesDeps): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/oauth/sessions",
      async handler(request) {
        const caller = requirePerson(await requireCaller(request));
        requireScope(caller, "api:read");
        const live = await sessions.listLive(caller.userId);
        return { sessions: live.map((family) => toWire(family, caller.sessionId)) };
      },
    },
    {
      method: "DELETE",
      path: "/oauth/sessions/:id",
      async handler(request, reply) {
        const caller = requirePerson(await requireCaller(request));
        requireScope(caller, "api:write");
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
      },
    },
  ];
}

function requirePerson(caller: Caller): Caller {
  if (caller.kind === "user" && !caller.anonymous) return caller;
  throw new PipitError("NOT_ALLOWED", "Only people have sessions: sign in as one.");
}

function toWire(family: RefreshFamily, currentId: string | undefined): Record<string, unknown> {
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
