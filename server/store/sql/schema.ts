/**
 * Every table as Kysely sees it. Only types that SQLite and PostgreSQL share: text, integers (times are epoch
 * milliseconds, booleans are 0 or 1), null. The search index is not here: it belongs to one dialect.
 */
export interface Tables {
  accounts: AccountRow;
  chats: ChatRow;
  turns: TurnRow;
  usage_reports: UsageReportRow;
  signing_keys: SigningKeyRow;
  refresh_families: RefreshFamilyRow;
  refresh_tokens: RefreshTokenRow;
  web_sessions: WebSessionRow;
  one_time_tokens: OneTimeTokenRow;
  recovery_codes: RecoveryCodeRow;
  oauth_clients: OauthClientRow;
  revoked_access_tokens: RevokedAccessTokenRow;
  oidc_payloads: OidcPayloadRow;
  attempt_counters: AttemptCounterRow;
  audit_chains: AuditChainRow;
  audit_events: AuditEventRow;
}

export interface AccountRow {
  id: string;
  login: string;
  /** What must be unique: the login in NFKC and lower case, so that no user can look like another. */
  login_key: string;
  display_name: string;
  about: string | null;
  email: string | null;
  /** The address in lower case; unique. */
  email_key: string | null;
  /** user, admin */
  role: string;
  is_local: number;
  is_active: number;
  /** PHC string; null for an account without a password (the local one). */
  password_hash: string | null;
  password_changed_at_ms: number | null;
  /** Grows with every change of what a sign-in needs: password, second factor, being switched on or off. */
  credentials_version: number;
  /** Confirmed TOTP secret, sealed. */
  totp_sealed: string | null;
  /** TOTP secret of an enrolment that is not confirmed yet, sealed. */
  totp_pending_sealed: string | null;
  /** Time step of the last accepted code; a code of this step or before is a replay. */
  totp_last_step: number | null;
  created_at_ms: number;
  updated_at_ms: number;
  last_login_at_ms: number | null;
}

interface RecoveryCodeRow {
  user_id: string;
  /** HMAC of the code, base64url. */
  code_hash: string;
  used_at_ms: number | null;
}

export interface OauthClientRow {
  client_id: string;
  name: string;
  /** SHA-256 of the secret, base64url; null for a public client. */
  secret_hash: string | null;
  is_confidential: number;
  /** Ours: asks for no consent. */
  is_first_party: number;
  /** native, web */
  application_type: string;
  /** JSON arrays of strings. */
  redirect_uris: string;
  post_logout_redirect_uris: string;
  grant_types: string;
  /** Space-separated: the most that this client may ask for. */
  scope: string;
  allow_password_grant: number;
  /** RS256, ES256 */
  token_algorithm: string;
  access_ttl_seconds: number;
  refresh_ttl_seconds: number;
  /** No sign-in lives longer than this, however often it is refreshed. */
  refresh_absolute_seconds: number;
  /** 0 is strict. */
  refresh_grace_ms: number;
  is_active: number;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface ChatRow {
  id: string;
  user_id: string;
  title: string;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface TurnRow {
  id: string;
  chat_id: string;
  user_id: string;
  client_message_id: string | null;
  turn_index: number;
  user_text: string;
  had_image: number;
  assistant_text: string;
  status: string;
  model: string | null;
  input_tokens: number;
  output_tokens: number;
  owner_id: string;
  lease_until_ms: number;
  created_at_ms: number;
  finished_at_ms: number | null;
}

interface UsageReportRow {
  id: string;
  user_id: string;
  hardware_id: string;
  session_id: string;
  source: string;
  model: string;
  input_tokens: number;
  output_tokens: number;
  created_at_ms: number;
}

export interface SigningKeyRow {
  kid: string;
  algorithm: string;
  public_jwk: string;
  sealed_private_key: string;
  state: string;
  created_at_ms: number;
  signing_since_ms: number | null;
  retired_at_ms: number | null;
}

export interface RefreshFamilyRow {
  id: string;
  user_id: string;
  client_id: string;
  scope: string;
  created_at_ms: number;
  expires_at_ms: number;
  revoked_at_ms: number | null;
  /** Why it was revoked: logout, reuse, password-changed, deactivated, client-disabled, revoked, code-replayed, admin. */
  revoked_reason: string | null;
  /** 1 while a code of the second factor is still owed (gRPC Login): the session's tokens are good for CheckOtp only. */
  pending_otp: number;
  /** Wrong codes that were tried while one is owed. */
  otp_tries: number;
  /** When the person proved who they are, epoch milliseconds. */
  auth_time_ms: number;
  /** Space-separated methods of that proof (RFC 8176): pwd, otp, local. */
  amr: string;
  /** SHA-256 of the authorization or device code it came from; its replay revokes the family. */
  origin_hash: string | null;
  last_used_at_ms: number;
  ip: string | null;
  user_agent: string | null;
}

export interface RefreshTokenRow {
  hash: string;
  family_id: string;
  generation: number;
  expires_at_ms: number;
  consumed_at_ms: number | null;
}

interface WebSessionRow {
  hash: string;
  user_id: string;
  client_id: string;
  scope: string;
  created_at_ms: number;
  last_seen_at_ms: number;
  expires_at_ms: number;
  /** The session of the token it was traded for, which it does not outlive; null for one of the page's own. */
  family_id: string | null;
}

/** Gone once it was used. */
interface OneTimeTokenRow {
  hash: string;
  /** sign-in, ws */
  purpose: string;
  user_id: string;
  /** The user, or the session, of which not more than some exist at a time. */
  owner_id: string;
  /** JSON object. */
  data: string;
  created_at_ms: number;
  expires_at_ms: number;
}

interface RevokedAccessTokenRow {
  jti: string;
  expires_at_ms: number;
}

/** A model of oidc-provider: found by hashes, its content sealed. */
export interface OidcPayloadRow {
  /** AuthorizationCode, DeviceCode, Session, Interaction, Grant ... */
  model: string;
  id_hash: string;
  sealed_payload: string;
  grant_hash: string | null;
  uid_hash: string | null;
  user_code_hash: string | null;
  consumed_at_ms: number | null;
  expires_at_ms: number | null;
}

interface AttemptCounterRow {
  /** SHA-256 of the limit's name and what is counted, base64url. */
  key_hash: string;
  /** Attempts that failed, or have not ended yet. */
  charged: number;
  /** Of these, how many have not ended yet. */
  pending: number;
  /** How often in a row it was blocked; blocks grow with it. */
  level: number;
  /** End of the window or of the block. */
  resets_at_ms: number;
}

/** Head and anchor of one chain of audit events; both are under its MAC. */
export interface AuditChainRow {
  id: number;
  /** Number of the newest event; 0 before the first. */
  seq: number;
  head_hash: string;
  /** Number and hash of the newest event that retention removed; 0 and "" before that. */
  base_seq: number;
  base_hash: string;
  /** HMAC over all of the above, base64url; "" for a chain that was never written. */
  mac: string;
}

export interface AuditEventRow {
  /** UUIDv7 */
  id: string;
  chain: number;
  seq: number;
  at_ms: number;
  event: string;
  /** success, failure */
  outcome: string;
  reason: string | null;
  user_id: string | null;
  client_id: string | null;
  ip: string | null;
  user_agent: string | null;
  family_id: string | null;
  correlation_id: string | null;
  /** JSON object. */
  data: string;
  /** HMAC over the event and its predecessor's hash, base64url. */
  hash: string;
}
