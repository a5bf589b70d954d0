import { Auth } from "#proto/auth_pb.ts";
import type { ServerContext } from "#server/compose/context.ts";
import { anyone } from "#server/domain/access/access.ts";
import { rpcService, type RpcService } from "../kit/rpc-service.ts";
import { createLogin } from "./login.ts";
import { createRegister } from "./register.ts";

/** `Auth` of the original: it needs no sign-in, and refusals stand in its answers. */
export function authService(ctx: ServerContext): RpcService {
  const handlers = { register: createRegister(ctx), login: createLogin(ctx) };
  return rpcService(Auth, { register: anyone, login: anyone }, handlers);
}
