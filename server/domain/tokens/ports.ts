import type { Account } from "#server/domain/accounts/ports.ts";
import type { AuditEvent, AuditOrigin } from "#server/domain/audit/ports.ts";

export const TOKEN_ALGORITHMS = ["RS256", "ES256"] as const;
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

/** A signing key at rest: the private half is encrypted with a key that is not in the database. */
export interface StoredSigningKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly algorithm: TokenAlgorithm;
  readonly publicJwk: string;
  readonly sealedPrivateKey: string;
  /** next: published, does not sign yet. retired: verifies what it signed, until that has expired. */
  readonly state: "next" | "signing" | "retired";
  /** When it was made, and published. */
  readonly createdAtMs: number;
  /** When it began to sign; absent while it is next. */
  readonly signingSinceMs?: number | undefined;
  /** When it stopped signing. */
  readonly retiredAtMs?: number | undefined;
}
/** Which key takes over from which. */
export interface KeyPromotion {
  /** Signs, and retires. */
  readonly from: string;
  /** Is next, and signs from now on. */
  readonly to: string;
  readonly nowMs: number;
  /** `to` must have been published then or before. */
  readonly publishedBeforeMs: number;
}
/** Every step names the state that it starts from, so that only one of several processes takes it. */
export interface SigningKeyStore {
  /** Oldest first. */
  list(): Promise<readonly StoredSigningKey[]>;
  /** Inserts only while no key of this algorithm is signing; false if another process was first. */
  insertFirst(key: StoredSigningKey): Promise<boolean>;
  /** Inserts a key in the state "next" only while no key of this algorithm is next; false if another process was first. */
  insertNext(key: StoredSigningKey): Promise<boolean>;
  /** Both changes or none, in one transaction; false if another process was first. */
  promote(promotion: KeyPromotion): Promise<boolean>;
  /** Sets every date after `nowMs` to it: a server whose clock was ahead wrote it. Resolves to how many keys had one. */
  clampFuture(nowMs: number): Promise<number>;
  /** Removes keys that retired at `retiredBeforeMs` or before; resolves to how many. */
  removeRetired(retiredBeforeMs: number): Promise<number>;
}

/** How a person proved who they are (RFC 8176). */
export type AuthMethod = "pwd" | "otp" | "local";

/** Why a session ended before its time. */
export type RevokeReason =
  | "logout"
  | "revoked"
  | "reused"
  | "code-replayed"
  | "password-changed"
  | "deactivated"
  | "client-disabled"
  | "second-factor-changed"
  | "admin";

/** One sign-in, the session; every refresh token descends from it, and access tokens name it as `sid`. */
export interface RefreshFamily {
  readonly id: string;
  readonly userId: string;
  readonly clientId: string;
  readonly scope: string;
  readonly createdAtMs: number;
  /** No refresh after this, however often it rotated. */
  readonly expiresAtMs: number;
  readonly revokedAtMs: number | undefined;
  readonly revokedReason: RevokeReason | undefined;
  /** A code of the second factor is still owed: its tokens are good for nothing else. */
  readonly pendingOtp: boolean;
  readonly otpTries: number;
  readonly authTimeMs: number;
  readonly amr: readonly AuthMethod[];
  /** SHA-256 of the authorization or device code that it came from. */
  readonly originHash: string | undefined;
  readonly lastUsedAtMs: number;
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
}
export interface StoredRefreshToken {
  /** SHA-256, base64url; the token itself is never stored. */
  readonly hash: string;
  readonly familyId: string;
  readonly generation: number;
  readonly expiresAtMs: number;
}
/** A refresh token with all that its redemption is judged by. */
export interface FoundToken {
  readonly token: StoredRefreshToken;
  readonly family: RefreshFamily;
  readonly account: Account | undefined;
  /** How long ago it was used up, by the database's clock, which all servers share; undefined while it is unused. */
  readonly usedForMs: number | undefined;
}
/** The exchange of one refresh token for the next, and what the audit says of it. */
export interface Rotation {
  readonly hash: string;
  readonly successor: StoredRefreshToken;
  readonly event: AuditEvent;
  readonly origin: AuditOrigin;
}
/** The two steps of every refresh: its own way to the database, since nothing is asked for as often. */
export interface RotationStore {
  find(hash: string): Promise<FoundToken | undefined>;
  /**
   * Marks `hash` used up, inserts its successor and writes the event: all of it, if it is unused, its family not revoked
   * and its account active; else nothing, and false. Of any number at once, on any number of servers, one wins.
   */
  rotate(rotation: Rotation): Promise<boolean>;
}
export interface RefreshTokenStore {
  /** `first` is absent for a session without refresh tokens. */
  createFamily(family: RefreshFamily, first?: StoredRefreshToken): Promise<void>;
  findFamily(id: string): Promise<RefreshFamily | undefined>;
  /** False when it was revoked already, or is not there. */
  revokeFamily(familyId: string, reason: RevokeReason, nowMs: number): Promise<boolean>;
  /** All families of a user but `except`; resolves to the ids of those that this call revoked. */
  revokeOfUser(
    userId: string,
    reason: RevokeReason,
    nowMs: number,
    except?: string,
  ): Promise<readonly string[]>;
  revokeOfClient(clientId: string, reason: RevokeReason, nowMs: number): Promise<readonly string[]>;
  /** Revokes the families that came from this code; resolves to their ids. */
  revokeByOrigin(originHash: string, reason: RevokeReason, nowMs: number): Promise<readonly string[]>;
  /** A user's families that are neither revoked nor ended nor owe a code, newest first. */
  listLive(userId: string, nowMs: number): Promise<readonly RefreshFamily[]>;
  /** The code was accepted; false when none was owed or the family is revoked. */
  settleOtp(familyId: string): Promise<boolean>;
  /** Counts a wrong code of a family that owes one; resolves to the number so far, with this one, else to 0. */
  countOtpTry(familyId: string): Promise<number>;
}

/** Everything about a token that can change after it was signed. */
export interface TokenState {
  readonly session: "live" | "pending-otp" | "revoked" | "unknown";
  /** Whether the account named by `sub` is; undefined when there is none (client credentials). */
  readonly accountActive: boolean | undefined;
  readonly clientActive: boolean;
  readonly jtiRevoked: boolean;
}
/** What a caller is known by: an access token, a browser's session, or an API key. */
export interface SignInRef {
  /** Absent: a token without a session, which is then "live", or the browser's session tells it. */
  readonly sid: string | undefined;
  readonly userId: string;
  readonly clientId: string;
  readonly jti: string | undefined;
  readonly webSessionId: string | undefined;
  readonly apiKeyId: string | undefined;
}
export interface TokenStateStore {
  /** In the order of what was asked. In one statement. */
  find(signIns: readonly SignInRef[]): Promise<readonly TokenState[]>;
  /** False when it was revoked before; waits for a request that is about to revoke it. */
  revokeJti(jti: string, expiresAtMs: number): Promise<boolean>;
}

export type GrantType =
  | "password"
  | "refresh_token"
  | "authorization_code"
  | "client_credentials"
  | "urn:ietf:params:oauth:grant-type:device_code"
  | "urn:pipit:params:oauth:grant-type:local";

/** An OAuth client as it is registered here. */
export interface OauthClient {
  readonly clientId: string;
  readonly name: string;
  /** SHA-256 of the secret, base64url; undefined for a public client. */
  readonly secretHash: string | undefined;
  readonly confidential: boolean;
  /** Ours: asks for no consent. */
  readonly firstParty: boolean;
  readonly applicationType: "native" | "web";
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly grantTypes: readonly GrantType[];
  /** The most it may ask for; space-separated. */
  readonly scope: string;
  /** RFC 9700 §2.4: off unless the operator decided otherwise for a first-party client. */
  readonly allowPasswordGrant: boolean;
  readonly tokenAlgorithm: TokenAlgorithm;
  readonly accessTtlSeconds: number;
  readonly refreshTtlSeconds: number;
  readonly refreshAbsoluteSeconds: number;
  /** How long a repeated refresh gets the successor that no client has used yet; 0 is strict. */
  readonly refreshGraceMs: number;
  readonly active: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}
export interface OauthClientStore {
  /** False when the id is taken; nothing is changed then. */
  insert(client: OauthClient): Promise<boolean>;
  find(clientId: string): Promise<OauthClient | undefined>;
  /** Replaces all but `createdAtMs`; false when it is not there. */
  update(client: OauthClient): Promise<boolean>;
  list(): Promise<readonly OauthClient[]>;
  remove(clientId: string): Promise<boolean>;
}
