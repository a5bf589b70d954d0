import type { DeviceCode } from "oidc-provider";
import { hashOpaqueToken } from "#server/domain/secrets/opaque-token.ts";
import { limitBucket } from "#server/domain/limits/rules.ts";
import type { CodeRedeemer, RedeemedCode } from "../grants/code-redeemer.ts";
import { OAuthError } from "../kit/oauth-error.ts";
import type { OidcContext } from "./interaction.ts";
import { consumeOnce, isConsumed, toRedeemed } from "./redeem-code.ts";

const MAX_CODE_CHARS = 256;
/** Between two polls, until the device was told to slow down (RFC 8628 §3.2). */
const POLL_MS = 5_000;
/** What every "slow_down" adds (RFC 8628 §3.5). */
const SLOWER_BY_MS = 5_000;
/** A poll may be this much early: networks are not clocks. */
const POLL_SLACK_MS = 500;
/**
 * Kept beside the code, not in it: a poll that wrote into the code's record could undo the approval that is just being
 * written there.
 */
const POLL_MODEL = "DevicePoll";

interface PollState {
  readonly lastMs: number;
  readonly intervalMs: number;
}

/** RFC 8628 §3.4 and §3.5: see {@link CodeRedeemer}. */
export async function redeemDevice(
  ctx: OidcContext,
  { deviceCode, client }: Parameters<CodeRedeemer["redeemDevice"]>[0],
): Promise<RedeemedCode> {
  if (deviceCode.length > MAX_CODE_CHARS) throw refused("unknown-code");
  const found = await (await ctx.provider()).DeviceCode.find(deviceCode, { ignoreExpiration: true });
  if (found === undefined) throw refused("unknown-code");
  if (found.clientId !== client.clientId) throw refused("other-client");
  if (isConsumed(found)) throw refused("used-code");
  if (found.isExpired) throw new OAuthError("expired_token", "The code is too old. Begin again.");
  const originHash = hashOpaqueToken(deviceCode);
  const userId = await approvedBy(found, () => notePoll(originHash, found, ctx));
  // A device that signs in is new to the account, so a lock holds for it; the code stays good for when the lock ends.
  await refuseLocked(ctx, userId);
  await consumeOnce(found, () => refused("used-code"));
  return { ...toRedeemed(found, userId), originHash };
}

/** Throws ACCOUNT_LOCKED while too many wrong passwords hold new sign-ins to this account up. */
async function refuseLocked({ limits }: OidcContext, userId: string): Promise<void> {
  const attempt = await limits.take([limitBucket("lockout", userId)]);
  // Nothing was tried: it was only asked whether something might be.
  await attempt.settle("void");
}

/** Who approved. Throws access_denied, or what `pending` says of this poll. */
async function approvedBy(
  { error, accountId }: DeviceCode,
  pending: () => Promise<"in-time" | "too-quick">,
): Promise<string> {
  if (error !== undefined) throw new OAuthError("access_denied", "The sign-in was refused.");
  if (accountId !== undefined) return accountId;
  if ((await pending()) === "too-quick") {
    throw new OAuthError("slow_down", "Ask less often: wait five seconds more between polls.");
  }
  throw new OAuthError("authorization_pending", "Nobody has approved the device yet.");
}

async function notePoll(
  idHash: string,
  { exp }: DeviceCode,
  { store: { oidcPayloads: payloads }, sealer, clock }: OidcContext,
): Promise<"in-time" | "too-quick"> {
  const nowMs = clock.nowMs();
  const stored = await payloads.find(POLL_MODEL, idHash);
  const before =
    stored === undefined
      ? undefined
      : (JSON.parse(sealer.open(stored.sealedPayload, `${POLL_MODEL}:${idHash}`).toString()) as PollState);
  const tooQuick = before !== undefined && nowMs - before.lastMs < before.intervalMs - POLL_SLACK_MS;
  const state: PollState = {
    lastMs: nowMs,
    intervalMs: (before?.intervalMs ?? POLL_MS) + (tooQuick ? SLOWER_BY_MS : 0),
  };
  await payloads.upsert({
    model: POLL_MODEL,
    idHash,
    sealedPayload: sealer.seal(JSON.stringify(state), `${POLL_MODEL}:${idHash}`),
    grantHash: undefined,
    uidHash: undefined,
    userCodeHash: undefined,
    userId: undefined,
    consumedAtMs: undefined,
    expiresAtMs: (exp ?? 0) * 1000,
  });
  return tooQuick ? "too-quick" : "in-time";
}

function refused(reason: string): OAuthError {
  return new OAuthError("invalid_grant", "The device code is not valid here. Begin again.", { reason });
}
