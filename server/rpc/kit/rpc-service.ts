import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, ConnectRouterOptions, ServiceImpl } from "@connectrpc/connect";
import { MESSAGE_MAX_BYTES } from "#contract/limits.ts";
import { isOpen, type Access } from "#server/domain/access/access.ts";
import { guardUnaryRequests } from "./request-guard.ts";

/** Largest message of a stranger, as of an ordinary HTTP route. Nothing counts their calls before a message is whole. */
const STRANGER_MESSAGE_MAX_BYTES = 64 * 1024;

/** The protocols of a port; connect takes one that is not named for wanted, also where its server has switched it off. */
export type RpcProtocols = Pick<ConnectRouterOptions, "grpc" | "grpcWeb" | "connect">;

/** A service with who may call each of its RPCs. Made by {@link rpcService} alone, so that none is without. */
export interface RpcService {
  readonly service: DescService;
  /** Access by the local name of the method. */
  readonly access: Readonly<Record<string, Access>>;
  addTo(router: ConnectRouter, protocols: RpcProtocols): void;
}

/** An RPC that `access` forgets is a type error. */
export function rpcService<Service extends DescService>(
  service: Service,
  access: { readonly [Method in keyof Service["method"]]: Access },
  handlers: ServiceImpl<Service>,
): RpcService {
  const readMaxBytes = Object.values<Access>(access).some(isOpen)
    ? STRANGER_MESSAGE_MAX_BYTES
    : MESSAGE_MAX_BYTES;
  return {
    service,
    access,
    addTo(router, protocols) {
      const first = router.handlers.length;
      router.service(service, handlers, { ...protocols, readMaxBytes });
      guardUnaryRequests(router, first, readMaxBytes);
    },
  };
}
