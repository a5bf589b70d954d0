import type { StoredWebSession } from "#server/domain/accounts/ports.ts";

/** A browser that is signed in, for tests. */
export function webSessionOf(given: Partial<StoredWebSession> & { readonly hash: string }): StoredWebSession {
  return {
    id: given.hash,
    userId: "u1",
    clientId: "pipit-web",
    scope: "api:read api:write",
    createdAtMs: 1,
    lastSeenAtMs: 2,
    expiresAtMs: 100,
    proof: "password",
    familyId: undefined,
    tokenId: undefined,
    ip: "192.0.2.7",
    userAgent: "A browser",
    ...given,
  };
}
