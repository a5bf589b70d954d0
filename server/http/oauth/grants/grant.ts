import type { FastifyRequest } from "fastify";
import type { Account } from "#server/domain/accounts/ports.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { narrowScope } from "#server/domain/tokens/scopes.ts";
import type { AuthMethod, GrantType, OauthClient } from "#server/domain/tokens/ports.ts";
import type { SignedIn } from "#server/domain/sign-in/sign-in.ts";
import type { StartedSession, StartRequest } from "#server/domain/tokens/sessions.ts";
import { OAuthError } from "../kit/oauth-error.ts";
import type { OAuthForm } from "../kit/oauth-form.ts";

/** A request for tokens by a client that may make it. */
export interface GrantRequest {
  readonly form: OAuthForm;
  readonly client: OauthClient;
  readonly request: FastifyRequest;
  readonly origin: AuditOrigin;
}

/** What a person's sign-in gave. */
export interface UserGranted {
  readonly kind: "user";
  readonly account: Account;
  /** Space-separated; of the access token. */
  readonly scope: string;
  readonly sessionId: string;
  readonly authTimeMs: number;
  readonly amr: readonly AuthMethod[];
  readonly nonce?: string | undefined;
  readonly refreshToken: string | undefined;
  /** End of the refresh token. */
  readonly expiresAtMs: number;
  /** The session was there before. */
  readonly refreshed: boolean;
}

/** A program speaks for itself. */
export interface ClientGranted {
  readonly kind: "client";
  readonly scope: string;
}

/**
 * One way to get tokens. Throws OAuthError, or a PipitError that `toOAuthError` knows.
 */
export type Grant = (request: GrantRequest) => Promise<UserGranted | ClientGranted>;

/** The grants that a server offers. */
export type Grants = ReadonlyMap<GrantType, Grant>;

/** The session of a client's user; with a refresh token when the client may use one. */
export function sessionRequest(
  { client }: Pick<GrantRequest, "client">,
  wanted: Pick<StartRequest, "scope" | "grant" | "originHash">,
): StartRequest {
  return { ...wanted, client, withRefreshToken: client.grantTypes.includes("refresh_token") };
}

/** What a sign-in gave, for the answer. */
export function granted(
  { account, authTimeMs, amr, session }: SignedIn<StartedSession>,
  scope: string,
): UserGranted {
  return { kind: "user", account, authTimeMs, amr, scope, ...session, refreshed: false };
}

/** The scope asked for, if the client may have it. Throws invalid_scope. */
export function scopeFor({ form, client }: Pick<GrantRequest, "form" | "client">): string {
  const scope = narrowScope(form.get("scope"), client.scope);
  if (scope !== undefined) return scope;
  throw new OAuthError("invalid_scope", `This client may ask for: ${client.scope}.`, {
    reason: "wider-scope",
  });
}
