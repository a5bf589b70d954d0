import type { FastifyRequest } from "fastify";
import type { Account } from "#server/domain/accounts/ports.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { narrowScope } from "#server/domain/tokens/scopes.ts";
import type { AuthMethod, GrantType, OauthClient } from "#server/domain/tokens/ports.ts";
import type { Sessions } from "#server/domain/tokens/sessions.ts";
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
  /** Of the refresh token. */
  readonly expiresAtMs: number;
  /** The session was there before. */
  readonly refreshed: boolean;
  /** For the answer, e.g. what is left of a limit. */
  readonly headers?: Readonly<Record<string, string>>;
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

/** A sign-in that a grant has accepted. */
export interface SignIn {
  readonly account: Account;
  readonly scope: string;
  readonly grant: string;
  readonly authTimeMs: number;
  readonly amr: readonly AuthMethod[];
  readonly provenAtMs?: number | undefined;
  readonly originHash?: string | undefined;
  readonly nonce?: string | undefined;
}

/** Starts the session of a sign-in; with a refresh token when the client may use one. */
export async function startUserSession(
  sessions: Pick<Sessions, "start">,
  { client, origin }: Pick<GrantRequest, "client" | "origin">,
  signIn: SignIn,
): Promise<UserGranted> {
  const { account, scope, grant, authTimeMs, amr, provenAtMs, originHash, nonce } = signIn;
  const withRefreshToken = client.grantTypes.includes("refresh_token");
  const { sessionId, refreshToken, expiresAtMs } = await sessions.start(
    { userId: account.id, client, scope, amr, authTimeMs, grant, originHash, withRefreshToken, provenAtMs },
    origin,
  );
  return {
    kind: "user",
    account,
    scope,
    sessionId,
    authTimeMs,
    amr,
    nonce,
    refreshToken,
    expiresAtMs,
    refreshed: false,
  };
}

/** The scope asked for, if the client may have it. Throws invalid_scope. */
export function scopeFor({ form, client }: Pick<GrantRequest, "form" | "client">): string {
  const scope = narrowScope(form.get("scope"), client.scope);
  if (scope !== undefined) return scope;
  throw new OAuthError("invalid_scope", `This client may ask for: ${client.scope}.`, {
    reason: "wider-scope",
  });
}
