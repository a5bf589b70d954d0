import type { MasterKeyStore } from "./master-key/key-ring.ts";
import type { OneTimeStore } from "./secrets/one-time-tokens.ts";
import type { AccountStore, TotpStore, WebSessionStore } from "./accounts/ports.ts";
import type { ModelConnectionStore } from "./assistant/model-connection.ts";
import type { MemoryStore } from "./memories/ports.ts";
import type { ProjectStore } from "./projects/ports.ts";
import type { RoomMemberStore } from "./rooms/member-ports.ts";
import type { AuditLog } from "./audit/ports.ts";
import type { TokenLimitStore } from "./usage/ports.ts";
import type { ApiKeyStore } from "./tokens/api-keys.ts";
import type {
  OauthClientStore,
  RefreshTokenStore,
  RotationStore,
  SigningKeyStore,
  TokenStateStore,
} from "./tokens/ports.ts";

/** All that the auth service keeps, on one connection or inside one transaction. */
export interface AuthStores {
  readonly accounts: AccountStore;
  readonly totp: TotpStore;
  readonly webSessions: WebSessionStore;
  readonly oneTime: OneTimeStore;
  readonly masterKeys: MasterKeyStore;
  readonly signingKeys: SigningKeyStore;
  readonly refreshTokens: RefreshTokenStore;
  readonly tokenStates: TokenStateStore;
  readonly clients: OauthClientStore;
  readonly apiKeys: ApiKeyStore;
  /** No matter of sign-ins, but a decision of the operator that is audited. */
  readonly modelConnection: ModelConnectionStore;
  /** The same. */
  readonly tokenLimits: TokenLimitStore;
  /** No matter of sign-ins either, but they end with the account. */
  readonly memories: MemoryStore;
  readonly projects: ProjectStore;
  readonly roomMembers: RoomMemberStore;
  readonly audit: AuditLog;
  /** The database's time, epoch milliseconds: what expires is judged by it, because the clocks of servers differ. */
  nowMs(): Promise<number>;
}

/**
 * The stores, and the way to change several of them at once. A decision and its audit event belong into one
 * transaction, the event as late as may be: it holds its chain until the end.
 *
 * @example await auth.transaction(async (tx) => { await tx.accounts.setPassword(...); await tx.audit.append(event, origin); });
 */
export interface AuthStore extends AuthStores {
  readonly rotations: RotationStore;
  /** Runs `work` in one transaction; what it throws undoes everything and is thrown on. */
  transaction<T>(work: (tx: AuthStores) => Promise<T>): Promise<T>;
}
