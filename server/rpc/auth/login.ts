import type { ServiceImpl } from "@connectrpc/connect";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Auth } from "#proto/auth_pb.ts";
import type { ServerContext } from "#server/compose/context.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import { MAX_ACCESS_TOKEN_TTL_SECONDS } from "#server/domain/tokens/access-tokens.ts";
import { narrowScope } from "#server/domain/tokens/scopes.ts";
import { answerInField } from "../kit/answer-in-field.ts";
import { originKey } from "../kit/call-context.ts";

/** A token for login and password; where there is a second factor, it is good for CheckOtp alone until that took a code. */
export function createLogin(ctx: ServerContext): ServiceImpl<typeof Auth>["login"] {
  return ({ login, password }, context) =>
    answerInField(
      async () => ({
        success: true,
        token: await signIn(ctx, { login, password }, context.values.get(originKey)),
        error: "",
      }),
      ({ message }) => ({ success: false, token: "", error: message }),
    );
}

async function signIn(
  ctx: ServerContext,
  { login, password }: { readonly login: string; readonly password: string },
  origin: AuditOrigin,
): Promise<string> {
  const client = await ctx.clients.find(CLI_CLIENT_ID);
  const allowed = ctx.config.auth.programsTakePasswords && client?.allowPasswordGrant === true;
  if (!allowed || !client.active) {
    throw new PipitError("NOT_ALLOWED", "Signing in by this service is switched off.");
  }
  const { clientId } = client;
  const scope = narrowScope(undefined, client.scope) ?? "";
  const { account, session, authTimeMs } = await ctx.signIn.byPassword(
    { login, password, via: "grpc", clientId, otpLater: true },
    ctx.sessions.starts({
      client,
      scope,
      grant: "grpc-login",
      withRefreshToken: false,
      otpOptional: ctx.config.auth.legacyOtpOptional,
      ttlMs: MAX_ACCESS_TOKEN_TTL_SECONDS * 1000,
    }),
    origin,
  );
  await ctx.signingKeys.fresh();
  const { token } = ctx.accessTokens.issue({
    userId: account.id,
    clientId,
    scope,
    algorithm: client.tokenAlgorithm,
    // The original's clients cannot refresh, so their one token lives as long as the original's.
    ttlSeconds: MAX_ACCESS_TOKEN_TTL_SECONDS,
    sessionId: session.sessionId,
    authTimeMs,
  });
  return token;
}
