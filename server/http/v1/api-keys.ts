import { z } from "zod";
import { owner, ownersLook } from "#server/domain/access/access.ts";
import type { ApiKey } from "#server/domain/tokens/api-keys.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { HttpError } from "../kit/http-error.ts";
import { originOf } from "../kit/origin.ts";
import { noQuery, readBody, readQuery } from "../kit/parameters.ts";
import { route, type CallerRoute } from "../kit/route.ts";

const NAME_MAX_CHARS = 100;
const MAX_DAYS = 366;
const DEFAULT_DAYS = 90;
const nameText = `must be text of 1 to ${NAME_MAX_CHARS} characters`;
const daysText = `must be a whole number of days from 1 to ${MAX_DAYS}`;
const newKey = z.object({
  name: z.string(nameText).trim().min(1, nameText).max(NAME_MAX_CHARS, nameText),
  scope: z.string("must be scopes with a space between, e.g. api:read api:write").optional(),
  expires_in_days: z.int(daysText).min(1, daysText).max(MAX_DAYS, daysText).default(DEFAULT_DAYS),
});
const parameters = z.object({ id: z.uuid() });

/**
 * `/v1/api-keys`: keys for programs that know no sign-in. `GET` lists the caller's, `POST {name, scope?, expires_in_days?}`
 * makes one and shows it this once, `DELETE /v1/api-keys/{id}` revokes one. No key can do any of it.
 */
export function apiKeysRoutes({ apiKeys }: HttpContext): readonly CallerRoute[] {
  return [
    route("GET", "/v1/api-keys", ownersLook, async (request, { userId }) => {
      readQuery(noQuery, request);
      return { data: (await apiKeys.list(userId)).map(toApiKeyBody) };
    }),
    route("POST", "/v1/api-keys", owner, async (request, caller, reply) => {
      const { name, scope, expires_in_days: days } = readBody(newKey, request);
      const { key, secret } = await apiKeys.create(caller, { name, scope, days }, originOf(request));
      reply.code(201);
      return { ...toApiKeyBody(key), key: secret };
    }),
    route("DELETE", "/v1/api-keys/:id", owner, async (request, { userId }, reply) => {
      const { success, data } = parameters.safeParse(request.params);
      const gone = success && (await apiKeys.revoke(userId, data.id, originOf(request)));
      if (!gone) throw new HttpError(404, "There is no such API key.");
      reply.code(204);
    }),
  ];
}

export function toApiKeyBody(key: ApiKey): Record<string, unknown> {
  return {
    id: key.id,
    name: key.name,
    scope: key.scope,
    created_at: new Date(key.createdAtMs).toISOString(),
    expires_at: new Date(key.expiresAtMs).toISOString(),
    last_used: key.lastUsedAtMs === undefined ? null : new Date(key.lastUsedAtMs).toISOString(),
  };
}
