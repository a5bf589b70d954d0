import type { Generated } from "kysely";
import type { Account, AccountCredentials, StoredWebSession } from "#server/domain/accounts/ports.ts";
import type { ChainState, HashedEvent } from "#server/domain/audit/audit-hash.ts";
import type { Chat, Turn, UsageReport } from "#server/domain/chats/ports.ts";
import type { Summary } from "#server/domain/chats/summary-port.ts";
import type { CounterState } from "#server/domain/limits/counter-state.ts";
import type { KeptEvent } from "#server/domain/events/ports.ts";
import type { Memory } from "#server/domain/memories/ports.ts";
import type { Project } from "#server/domain/projects/ports.ts";
import type { RoomEntry } from "#server/domain/rooms/ports.ts";
import type { NumberedChange } from "#server/domain/sync/ports.ts";
import type { StoredOneTimeToken } from "#server/domain/secrets/one-time-tokens.ts";
import type { StoredApiKey } from "#server/domain/tokens/api-keys.ts";
import type { StoredOidcPayload } from "#server/domain/tokens/oidc-payload-port.ts";
import type {
  OauthClient,
  RefreshFamily,
  StoredRefreshToken,
  StoredSigningKey,
} from "#server/domain/tokens/ports.ts";
import type { RowOf } from "./stored-values.ts";

/**
 * Every table as Kysely sees it, by the record that a row keeps: what a column means stands there. Only types that
 * SQLite and PostgreSQL share: text, integers (times are epoch milliseconds, booleans are 0 or 1), null. The search
 * index is not here: it belongs to one dialect.
 */
export interface Tables {
  accounts: AccountRow & FileCount & { remembers: Generated<number> };
  /** `titled`: where its title is from; see chat-store.ts. */
  chats: Omit<ChatRow, "temporary" | "unread" | "project_id"> & {
    unread: Generated<number>;
    temporary: Generated<number>;
    titled: Generated<number>;
    project_id: Generated<string | null>;
    /** Null for one that was begun here. */
    imported_at_ms: Generated<number | null>;
  } & FileCount;
  turns: TurnRow;
  turn_pictures: { turn_id: string; width: number; height: number; jpeg: string };
  /** A JSON array: the text of each file of the turn. */
  turn_files: { turn_id: string; texts: string };
  /** By the last turn it tells of. */
  chat_summaries: RowOf<Summary>;
  /** `text_key` is the same for two that say the same; of a forgotten one the row goes when it is wiped. */
  memories: RowOf<Memory> & { text_key: string; deleted_at_ms: number | null };
  projects: RowOf<Project>;
  usage_reports: RowOf<UsageReport>;
  /** By account, day, model and chat ("" for none). */
  token_use: TokenUseRow;
  /** Null where the server's own count. */
  token_limits: { user_id: string; tokens_per_day: number | null; tokens_per_month: number | null };
  rooms: RoomRow;
  /** In the common room only those who have marked what they have read. `joined_at_ms`: of an invitation, its time. */
  room_members: RoomMemberRow;
  /** All that stands in rooms. A change has no text and no time of its own: they are those of the message. */
  room_messages: RowOf<Omit<RoomEntry, "author" | "authorClosed" | "askedBy" | "picture">> & {
    by_assistant: number;
  };
  room_pictures: RoomPictureRow;
  /** Answers that a server is to give, each until it stands in its room. */
  room_answers: RoomAnswerRow;
  /** The last number that a change of an account has taken. */
  sync_heads: { user_id: string; last_seq: number };
  sync_log: RowOf<Omit<NumberedChange, "kind">> & Pick<NumberedChange, "kind">;
  /** Of programs; what happened to an account is in `sync_log`, what was decided about it in `audit_events`. */
  events: RowOf<KeptEvent> & { user_id: string };
  /** `chat_id` is "" for the choice of an account. */
  model_choices: { user_id: string; chat_id: string; model: string };
  /** At most one row: address, key and model of the server's model server, sealed. */
  model_connection: { id: string; sealed: string };
  /** At most one row: the master key with which all else is sealed, by its id. */
  master_key: { one: string; id: string; previous_id: string | null; kept_sealed: string | null };
  /** When something was done last that is to be done now and then. */
  milestones: { name: string; at_ms: number };
  signing_keys: SigningKeyRow;
  refresh_families: RefreshFamilyRow;
  refresh_tokens: RowOf<StoredRefreshToken> & { consumed_at_ms: number | null };
  web_sessions: RowOf<StoredWebSession>;
  /** A row is gone once its token was used. */
  one_time_tokens: RowOf<StoredOneTimeToken> & {
    tries: number;
    created_at_ms: number;
    expires_at_ms: number;
  };
  recovery_codes: RecoveryCodeRow;
  oauth_clients: OauthClientRow;
  api_keys: RowOf<StoredApiKey>;
  revoked_access_tokens: { jti: string; expires_at_ms: number };
  /** A model of oidc-provider: found by hashes, its content sealed. */
  oidc_payloads: RowOf<StoredOidcPayload>;
  attempt_counters: AttemptCounterRow;
  audit_chains: AuditChainRow;
  audit_events: AuditEventRow;
}

export type AccountRow = RowOf<Omit<Account, "local" | "active"> & Omit<AccountCredentials, "userId">> & {
  /** What must be unique: the login in NFKC and lower case, so that no user can look like another. */
  login_key: string;
  /** The address in lower case; unique. */
  email_key: string | null;
  is_local: number;
  is_active: number;
};

/** What a memory file shows: how often it was changed, and of which of these numbers the file is. */
interface FileCount {
  changes: Generated<number>;
  filed_changes: Generated<number>;
}

interface RoomRow {
  id: string;
  name: string;
  last_seq: Generated<number>;
  created_at_ms: number;
  updated_at_ms: Generated<number>;
  abandoned: Generated<number>;
}

interface RoomMemberRow {
  room_id: string;
  user_id: string;
  joined_at_ms: number;
  state: Generated<string>;
  /** Id of the account. */
  invited_by: string | null;
  read_seq: Generated<number>;
}

/** `jpeg` is base64. */
interface RoomPictureRow {
  message_id: string;
  width: number;
  height: number;
  size_bytes: number;
  jpeg: string;
}

interface RoomAnswerRow {
  question_id: string;
  room_id: string;
  /** Who has asked. */
  user_id: string;
  owner_id: string;
  lease_until_ms: number;
  /** 1: who has asked wants no more of it. */
  stopped: number;
}

interface TokenUseRow {
  user_id: string;
  /** 2026-11-29, UTC. */
  day: string;
  model: string;
  chat_id: string;
  answers: number;
  /** How many of them. */
  estimated: number;
  input_tokens: number;
  output_tokens: number;
}

interface RecoveryCodeRow {
  user_id: string;
  /** HMAC of the code, base64url. */
  code_hash: string;
  used_at_ms: number | null;
}

/** Its lists are JSON arrays of strings. */
export type OauthClientRow = RowOf<Omit<OauthClient, "confidential" | "firstParty" | "active">> & {
  is_confidential: number;
  is_first_party: number;
  is_active: number;
};

/**
 * Of a deleted one the row stays, so that its id is known: while it can be restored with all that is in it, then wiped,
 * with 0 for the time of its deletion.
 */
export type ChatRow = RowOf<Chat> & { deleted_at_ms: number | null };
export type TurnRow = RowOf<Omit<Turn, "index" | "parts" | "failure" | "files">> & {
  turn_index: number;
  /** JSON: SentFile[]; null for none. */
  files: string | null;
  /** JSON; null where the text is all there is. */
  parts: string | null;
  failure_code: string | null;
  failure_message: string | null;
  deleted_at_ms: number | null;
  /** JSON: what its deletion changed. */
  undo: string | null;
};
export type SigningKeyRow = RowOf<StoredSigningKey>;
/** Its `amr` is words with a space between (RFC 8176). */
export type RefreshFamilyRow = RowOf<RefreshFamily>;

type AttemptCounterRow = RowOf<CounterState> & {
  /** SHA-256 of the limit's name and what is counted, base64url. */
  key_hash: string;
};

/** Head and anchor of one chain of audit events; both are under its MAC. */
export type AuditChainRow = RowOf<ChainState> & {
  /** HMAC over all of the others, base64url; "" for a chain that was never written. */
  mac: string;
};

export type AuditEventRow = RowOf<HashedEvent> & {
  /** HMAC over the event and its predecessor's hash, base64url. */
  hash: string;
};
