/** A signing key at rest: the private half is encrypted with a key that is not in the database. */
export interface StoredSigningKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly algorithm: "RS256" | "ES256";
  readonly publicJwk: string;
  readonly sealedPrivateKey: string;
  readonly state: "next" | "signing" | "retired";
  readonly createdAtMs: number;
}
export interface SigningKeyStore {
  list(): Promise<readonly StoredSigningKey[]>;
  /** Inserts only while no key of this algorithm is signing; false if another process was first. */
  insertFirst(key: StoredSigningKey): Promise<boolean>;
}

/** One sign-in; every refresh token descends from it. */
export interface RefreshFamily {
  readonly id: string;
  readonly userId: string;
  readonly clientId: string;
  readonly scope: string;
  readonly createdAtMs: number;
  /** No refresh after this, however often it rotated. */
  readonly expiresAtMs: number;
  readonly revokedAtMs: number | undefined;
}
export interface StoredRefreshToken {
  /** SHA-256, base64url; the token itself is never stored. */
  readonly hash: string;
  readonly familyId: string;
  readonly generation: number;
  readonly expiresAtMs: number;
  readonly consumedAtMs: number | undefined;
}
export interface RefreshTokenStore {
  createFamily(family: RefreshFamily, first: StoredRefreshToken): Promise<void>;
  find(
    hash: string,
  ): Promise<{ readonly token: StoredRefreshToken; readonly family: RefreshFamily } | undefined>;
  /**
   * Marks `hash` consumed and inserts `successor`, only if it is unconsumed and its family is not revoked, in one
   * transaction whose guard is one UPDATE (auth-checklist §1.1). False: somebody else was first.
   */
  rotate(hash: string, successor: StoredRefreshToken, nowMs: number): Promise<boolean>;
  revokeFamily(familyId: string, nowMs: number): Promise<void>;
}
