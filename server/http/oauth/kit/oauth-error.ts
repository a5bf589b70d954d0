import type { ErrorCode } from "#contract/error-codes.ts";

/** Error codes of the token endpoint and its neighbours (RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 8628 §3.5). */
export type OAuthErrorCode =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "invalid_scope"
  | "access_denied"
  | "authorization_pending"
  | "slow_down"
  | "expired_token"
  | "temporarily_unavailable"
  | "invalid_token"
  | "insufficient_scope";

export type OAuthErrorStatus = 400 | 401 | 403 | 415 | 429 | 503;

export interface OAuthErrorOptions {
  /** Default: 401 for invalid_client and invalid_token, 403 for insufficient_scope, 503 for temporarily_unavailable, else 400. */
  readonly status?: OAuthErrorStatus;
  /** When the same request may succeed, for `Retry-After`. */
  readonly retryAfterMs?: number | undefined;
  /** For the audit, the log and metrics, e.g. "wrong-secret"; never shown. */
  readonly reason?: string | undefined;
  /** That the token needs, for the challenge of insufficient_scope. */
  readonly scope?: string | undefined;
  /** The registered client concerned, where the request did not prove it. */
  readonly clientId?: string | undefined;
  /** What our own programs tell apart where OAuth has one word for it, sent as `pipit_code`. */
  readonly pipitCode?: ErrorCode;
  /** The audit has it already. */
  readonly audited?: boolean;
}

const statusOf: Readonly<Partial<Record<OAuthErrorCode, OAuthErrorStatus>>> = {
  invalid_client: 401,
  invalid_token: 401,
  insufficient_scope: 403,
  temporarily_unavailable: 503,
};

/** A refusal in the form of RFC 6749. `message` goes out as `error_description`: ASCII, safe to show, repeats no input. */
export class OAuthError extends Error {
  override readonly name = "OAuthError";
  readonly code: OAuthErrorCode;
  readonly status: OAuthErrorStatus;
  readonly about: OAuthErrorOptions;

  constructor(code: OAuthErrorCode, message: string, about: OAuthErrorOptions = {}) {
    super(message);
    this.code = code;
    this.status = about.status ?? statusOf[code] ?? 400;
    this.about = about;
  }
}
