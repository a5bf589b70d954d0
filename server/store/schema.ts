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
  sign_in_codes: SignInCodeRow;
}

export interface AccountRow {
  id: string;
  login: string;
  display_name: string;
  is_local: number;
  is_active: number;
  created_at_ms: number;
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

export interface UsageReportRow {
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
}

export interface RefreshFamilyRow {
  id: string;
  user_id: string;
  client_id: string;
  scope: string;
  created_at_ms: number;
  expires_at_ms: number;
  revoked_at_ms: number | null;
}

export interface RefreshTokenRow {
  hash: string;
  family_id: string;
  generation: number;
  expires_at_ms: number;
  consumed_at_ms: number | null;
}

export interface WebSessionRow {
  hash: string;
  user_id: string;
  client_id: string;
  scope: string;
  created_at_ms: number;
  last_seen_at_ms: number;
  expires_at_ms: number;
}

export interface SignInCodeRow {
  hash: string;
  user_id: string;
  scope: string;
  created_at_ms: number;
  expires_at_ms: number;
}
