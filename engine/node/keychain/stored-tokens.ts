import { z } from "zod";
import type { StoredTokens } from "#engine/ports.ts";

const storedTokens = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  accessExpiresAtMs: z.number(),
  refreshExpiresAtMs: z.number(),
  accountId: z.string(),
  accountName: z.string(),
  local: z.boolean(),
  serverUrl: z.string(),
});

/** Parses what was stored as JSON; undefined when it is not a sign-in. */
export function parseStoredTokens(json: string): StoredTokens | undefined {
  try {
    return storedTokens.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}
