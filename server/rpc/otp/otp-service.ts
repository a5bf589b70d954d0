import { Otp } from "#proto/otp_pb.ts";
import type { ServerContext } from "#server/compose/context.ts";
import { writer } from "#server/domain/access/access.ts";
import { rpcService, type RpcService } from "../kit/rpc-service.ts";
import { createCheckOtp } from "./check-otp.ts";
import { createInitOtp } from "./init-otp.ts";

/** `Otp` of the original: refusals stand in its answers. */
export function otpService(ctx: ServerContext): RpcService {
  return rpcService(
    Otp,
    { initOtp: writer, checkOtp: { ...writer, owedCode: true } },
    { initOtp: createInitOtp(ctx), checkOtp: createCheckOtp(ctx) },
  );
}
