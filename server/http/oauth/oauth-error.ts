/** Error codes of the token endpoint (RFC 6749 §5.2). */
export type OAuthErrorCode =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "invalid_scope";

/** A refusal of the token endpoint. `message` goes out as `error_description`: ASCII, safe to show. */
export class OAuthError extends Error {
  override readonly name = "OAuthError";
  readonly code: OAuthErrorCode;
  readonly status: 400 | 401 | 415;

  constructor(code: OAuthErrorCode, message: string, status?: 415) {
    super(message);
    this.code = code;
    this.status = status ?? (code === "invalid_client" ? 401 : 400);
  }
}
