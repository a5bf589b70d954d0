import type { ServiceImpl } from "@connectrpc/connect";
import type { Auth } from "#proto/auth_pb.ts";
import { createLogin, type LoginDeps } from "./login.ts";
import { createRegister, type RegisterDeps } from "./register.ts";

export type AuthServiceDeps = RegisterDeps & LoginDeps;

/** `Auth` of the original (contracts §2): anybody may call it, and refusals stand in its answers. */
export function createAuthService(deps: AuthServiceDeps): ServiceImpl<typeof Auth> {
  return { register: createRegister(deps), login: createLogin(deps) };
}
