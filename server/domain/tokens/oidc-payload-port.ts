/** A short-lived record of an OAuth flow that goes through the browser: a code, a consent, a page that waits. */
export interface StoredOidcPayload {
  /** What kind of record, e.g. "AuthorizationCode", "DeviceCode", "Grant". */
  readonly model: string;
  /** SHA-256 of the id, base64url; so are the other hashes. The id of a code is the code, which is never stored. */
  readonly idHash: string;
  /** Sealed by the caller with a key that is not in the database. */
  readonly sealedPayload: string;
  /** SHA-256 of the id of the consent that it belongs to. */
  readonly grantHash: string | undefined;
  readonly uidHash: string | undefined;
  /** SHA-256 of the code that a user types in. */
  readonly userCodeHash: string | undefined;
  /** Who has signed in, once somebody has. */
  readonly userId: string | undefined;
  readonly consumedAtMs: number | undefined;
  /** undefined: no end of its own. */
  readonly expiresAtMs: number | undefined;
}

/** Finds records that have ended too, until they are removed: what the end means is for the caller to say. */
export interface OidcPayloadStore {
  /** Inserts or replaces, but for `consumedAtMs`: what was consumed once stays consumed. */
  upsert(payload: StoredOidcPayload): Promise<void>;
  find(model: string, idHash: string): Promise<StoredOidcPayload | undefined>;
  findByUid(model: string, uidHash: string): Promise<StoredOidcPayload | undefined>;
  findByUserCode(model: string, userCodeHash: string): Promise<StoredOidcPayload | undefined>;
  /** Uses a record up: of several callers at once one gets true; false as well when there is no such record. */
  consume(model: string, idHash: string, nowMs: number): Promise<boolean>;
  /** Changes nothing when there is no such record. */
  destroy(model: string, idHash: string): Promise<void>;
  /** Removes all that belongs to a consent; resolves to how many. */
  revokeByGrant(grantHash: string): Promise<number>;
}
