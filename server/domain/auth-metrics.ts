/** How a request said who it is. */
export type AuthenticationMethod = "bearer" | "api-key" | "cookie" | "internal" | "anonymous";

/**
 * What the auth service counts. Labels come from closed sets or from what the server itself registered, never from what
 * a stranger sent; whatever else arrives is counted as "other".
 */
export interface AuthMetrics {
  /** `grant`: a grant type; `outcome`: "success" or the error code; `clientId`: of a registered client only. */
  tokenRequest(grant: string, outcome: string, durationMs: number, clientId?: string | undefined): void;
  successfulLogin(): void;
  /** `reason` as the audit has it. */
  failedLogin(reason: string): void;
  /** "rotated", "replayed", or why a refresh was refused. */
  refreshRotation(outcome: string): void;
  /** A refresh token was used again after its successor: it may have been stolen. */
  refreshReuse(): void;
  /** A use of the password grant, which RFC 9700 §2.4 tells everybody to give up; by a registered client. */
  passwordGrant(clientId: string): void;
  authenticatedRequest(method: AuthenticationMethod): void;
  /** Damage of the audit log was met: a chain that is not as it was signed, or events that do not follow each other. */
  auditDamaged(): void;
}
