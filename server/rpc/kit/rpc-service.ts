import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, ServiceImpl } from "@connectrpc/connect";
import type { Access } from "#server/domain/access/access.ts";

/** A service with who may call each of its RPCs. Made by {@link rpcService} alone, so that none is without. */
export interface RpcService {
  readonly service: DescService;
  /** Access by the local name of the method. */
  readonly access: Readonly<Record<string, Access>>;
  addTo(router: ConnectRouter): void;
}

/** An RPC that `access` forgets is a type error. */
export function rpcService<Service extends DescService>(
  service: Service,
  access: { readonly [Method in keyof Service["method"]]: Access },
  handlers: ServiceImpl<Service>,
): RpcService {
  return { service, access, addTo: (router) => void router.service(service, handlers) };
}
