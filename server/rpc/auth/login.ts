import type { ServiceImpl } from "@connectrpc/connect";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Auth } from "#proto/auth_pb.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { SignIn } from "#server/domain/sign-in/sign-in.ts";
import type { AccessTokens } from "#server/domain/tokens/access-tokens.ts";
import type { Clients } from "#server/domain/tokens/clients.ts";
import { narrowScope } from "#server/domain/tokens/scopes.ts";
import type { Sessions } from "#server/domain/tokens/sessions.ts";
import { answerInField } from "../kit/answer-in-field.ts";
import { originKey } from "../kit/origin-context.ts";

/** The original's clients cannot refresh, so their one token lives as long as the original's. */
const LOGIN_TTL_SECONDS = 24 * 60 * 60;

export interface LoginDeps {
  readonly signIn: Pick<SignIn, "byPassword">;
  readonly sessions: Pick<Sessions, "starts">;
  readonly clients: Pick<Clients, "find">;
  readonly accessTokens: Pick<AccessTokens, "issue">;
  /** Takes over what other servers did to the signing keys. */
  readonly freshKeys: () => Promise<void>;
  /** The original's order: the token is good for everything before its code was given (PIPIT_LEGACY_OTP_OPTIONAL). */
  readonly otpOptional: boolean;
}

/** A token for login and password; where there is a second factor, it is good for CheckOtp alone until that took a code. */
export function createLogin(deps: LoginDeps): ServiceImpl<typeof Auth>["login"] {
  return ({ login, password }, context) =>
    answerInField(
      async () => ({
        success: true,
        token: await signIn(deps, { login, password }, context.values.get(originKey)),
        error: "",
      }),
      ({ message }) => ({ success: false, token: "", error: message }),
    );
}

async function signIn(
  deps: LoginDeps,
  { login, password }: { readonly login: string; readonly password: string },
  origin: AuditOrigin,
): Promise<string> {
  const client = await deps.clients.find(CLI_CLIENT_ID);
  if (client?.active !== true || !client.allowPasswordGrant) {
    throw new PipitError("NOT_ALLOWED", "Signing in by this service is switched off.");
  }
  const { clientId } = client;
  const scope = narrowScope(undefined, client.scope) ?? "";
  const { account, session, authTimeMs } = await deps.signIn.byPassword(
    { login, password, via: "grpc", clientId, otpLater: true },
    deps.sessions.starts({
      client,
      scope,
      grant: "grpc-login",
      withRefreshToken: false,
      otpOptional: deps.otpOptional,
      ttlMs: LOGIN_TTL_SECONDS * 1000,
    }),
    origin,
  );
  await deps.freshKeys();
  const { token } = deps.accessTokens.issue({
    userId: account.id,
    clientId,
    scope,
    algorithm: client.tokenAlgorithm,
    ttlSeconds: LOGIN_TTL_SECONDS,
    sessionId: session.sessionId,
    authTimeMs,
  });
  return token;
}
