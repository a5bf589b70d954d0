import type { ServiceImpl } from "@connectrpc/connect";
import type { Otp } from "#proto/otp_pb.ts";
import { createCheckOtp, type CheckOtpDeps } from "./check-otp.ts";
import { createInitOtp, type InitOtpDeps } from "./init-otp.ts";

export type OtpServiceDeps = InitOtpDeps & CheckOtpDeps;

/** `Otp` of the original (contracts §2). Needs the caller in `callerKey`; refusals stand in its answers. */
export function createOtpService(deps: OtpServiceDeps): ServiceImpl<typeof Otp> {
  return { initOtp: createInitOtp(deps), checkOtp: createCheckOtp(deps) };
}
