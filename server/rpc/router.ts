import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, ConnectRouterOptions, ServiceImpl } from "@connectrpc/connect";
import { MESSAGE_MAX_BYTES } from "#contract/limits.ts";
import { Auth } from "#proto/auth_pb.ts";
import { Health } from "#proto/grpc/health/v1/health_pb.ts";
import { ServerReflection as ServerReflectionV1 } from "#proto/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionV1Alpha } from "#proto/grpc/reflection/v1alpha/reflection_pb.ts";
import { Otp } from "#proto/otp_pb.ts";
import { StreamingService } from "#proto/streaming_pb.ts";
import type { Authenticate } from "#server/domain/access/authenticate.ts";
import type { Logger } from "#contract/logger.ts";
import { createAuthInterceptor } from "./kit/auth-interceptor.ts";
import { createErrorInterceptor } from "./kit/error-interceptor.ts";
import { createHealthService, type HealthService } from "./health.ts";
import { guardUnaryRequests } from "./kit/request-guard.ts";
import { createReflection } from "./reflection.ts";

export interface RpcRoutesDeps {
  readonly streaming: ServiceImpl<typeof StreamingService>;
  readonly auth: ServiceImpl<typeof Auth>;
  readonly otp: ServiceImpl<typeof Otp>;
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  /** Aborted, with the error to end them by, when running calls must end now. */
  readonly shutdownSignal: AbortSignal;
}

/** All RPCs of the server, with what surrounds them; the same for every protocol and both ports. */
export interface RpcRoutes {
  readonly routes: (router: ConnectRouter) => void;
  readonly options: ConnectRouterOptions;
  readonly health: HealthService;
}

const offered: readonly DescService[] = [
  StreamingService,
  Auth,
  Otp,
  Health,
  ServerReflectionV1,
  ServerReflectionV1Alpha,
];

export function createRpcRoutes(deps: RpcRoutesDeps): RpcRoutes {
  const health = createHealthService(offered.map((service) => service.typeName));
  const reflection = createReflection(offered);
  return {
    health,
    routes(router) {
      router.service(StreamingService, deps.streaming);
      router.service(Auth, deps.auth);
      router.service(Otp, deps.otp);
      router.service(Health, health.handlers);
      router.service(ServerReflectionV1, reflection.v1);
      router.service(ServerReflectionV1Alpha, reflection.v1alpha);
      guardUnaryRequests(router);
    },
    options: {
      // Compressing each small message of a stream costs ten times what it saves (dependencies.md).
      acceptCompression: [],
      readMaxBytes: MESSAGE_MAX_BYTES,
      requestGate: createAuthInterceptor(deps),
      interceptors: [createErrorInterceptor(deps.logger)],
      shutdownSignal: deps.shutdownSignal,
    },
  };
}
