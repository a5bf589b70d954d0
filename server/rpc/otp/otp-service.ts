import { Otp } from "#proto/otp_pb.ts";
import type { ServerContext } from "#server/compose/context.ts";
import { createNetworks } from "#server/net/client-address.ts";
import { owner } from "#server/domain/access/access.ts";
import { rpcService, type RpcService } from "../kit/rpc-service.ts";
import { createCheckOtp } from "./check-otp.ts";
import { createInitOtp } from "./init-otp.ts";

/** `Otp` of the original: refusals stand in its answers. Its clients show no token here (PIPIT_LEGACY_OTP_OPTIONAL). */
export function otpService(ctx: ServerContext): RpcService {
  const { legacyOtpOptional, legacyOtpNetworks } = ctx.config.auth;
  const original = legacyOtpOptional ? { tokenOptional: createNetworks(legacyOtpNetworks) } : {};
  return rpcService(
    Otp,
    { initOtp: { ...owner, ...original }, checkOtp: { ...owner, owedCode: true, ...original } },
    { initOtp: createInitOtp(ctx), checkOtp: createCheckOtp(ctx) },
  );
}
