import type { RefreshFamily, StoredRefreshToken } from "#server/domain/tokens/ports.ts";

/** A live session, for tests. */
export function familyOf(given: Partial<RefreshFamily> = {}): RefreshFamily {
  return {
    id: "f1",
    userId: "u1",
    clientId: "cli",
    scope: "api:read",
    createdAtMs: 1,
    expiresAtMs: 1000,
    revokedAtMs: undefined,
    revokedReason: undefined,
    pendingOtp: false,
    otpTries: 0,
    authTimeMs: 1,
    amr: ["pwd"],
    originHash: undefined,
    lastUsedAtMs: 1,
    ip: undefined,
    userAgent: undefined,
    ...given,
  };
}

/** The first token of {@link familyOf}'s session, for tests. */
export function tokenOf(given: Partial<StoredRefreshToken> = {}): StoredRefreshToken {
  return { hash: "h0", familyId: "f1", generation: 0, expiresAtMs: 500, ...given };
}
