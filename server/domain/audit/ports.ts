/** Every decision of the auth service that is kept (docs/security.md, statement G8). */
const AUDIT_EVENTS = [
  "account.registered",
  "account.updated",
  "account.password_changed",
  "account.deactivated",
  "account.erased",
  "account.activated",
  "account.role_changed",
  "account.unlocked",
  "account.limits_changed",
  "login",
  "logout",
  "session.started",
  "session.revoked",
  "otp.enrolment_begun",
  "otp.enrolled",
  "otp.disabled",
  "otp.checked",
  "otp.recovery_code_used",
  "token.issued",
  "token.refreshed",
  "token.refused",
  "token.revoked",
  "token.reuse_detected",
  "client.created",
  "client.updated",
  "client.disabled",
  "client.removed",
  "client.refused",
  "consent.given",
  "consent.refused",
  "device.approved",
  "device.refused",
  "key.rotated",
  "master_key.rotated",
  "master_key.abandoned",
  "api_key.created",
  "api_key.revoked",
  "chats.imported",
  "model.connected",
  "model.disconnected",
  "audit.pruned",
] as const;
export type AuditEventName = (typeof AUDIT_EVENTS)[number];

/** One decision. Never holds a token, password, code or secret. */
export interface AuditEvent {
  readonly event: AuditEventName;
  readonly outcome: "success" | "failure";
  /** Machine-readable, e.g. "wrong-password", "locked", "reused". */
  readonly reason?: string | undefined;
  readonly userId?: string | undefined;
  readonly clientId?: string | undefined;
  /** The session concerned. */
  readonly familyId?: string | undefined;
  /** Flat facts, e.g. { grant: "password" }. */
  readonly data?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** Where a decision was asked for; the same for all events of one request. */
export interface AuditOrigin {
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
  readonly correlationId: string | undefined;
}

export interface StoredAuditEvent extends AuditEvent, AuditOrigin {
  /** UUIDv7. */
  readonly id: string;
  readonly chain: number;
  readonly seq: number;
  readonly atMs: number;
  readonly hash: string;
}

export interface AuditQuery {
  readonly userId?: string | undefined;
  readonly clientId?: string | undefined;
  readonly event?: string | undefined;
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** Events before this one, for the next page (newest first). */
  readonly before?: { readonly atMs: number; readonly id: string } | undefined;
  readonly limit: number;
}

/** Takes events inside a transaction: what was decided and what was written about it stand or fall together. */
export interface AuditLog {
  append(event: AuditEvent, origin: AuditOrigin): Promise<void>;
}
