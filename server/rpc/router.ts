import type { ConnectRouter, ConnectRouterOptions } from "@connectrpc/connect";
import { Health } from "#proto/grpc/health/v1/health_pb.ts";
import { ServerReflection as ServerReflectionV1 } from "#proto/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionV1Alpha } from "#proto/grpc/reflection/v1alpha/reflection_pb.ts";
import type { ServerContext } from "#server/compose/context.ts";
import { anyone } from "#server/domain/access/access.ts";
import { Places } from "#server/domain/limits/places.ts";
import { authService } from "./auth/auth-service.ts";
import { createAuthInterceptor } from "./kit/auth-interceptor.ts";
import { createErrorInterceptor } from "./kit/error-interceptor.ts";
import { measureCalls } from "./kit/measured-calls.ts";
import { createWatchInterceptor } from "./kit/watch-interceptor.ts";
import { createHealthService } from "./health.ts";
import { rpcService, type RpcProtocols } from "./kit/rpc-service.ts";
import { messagingService } from "./messaging/messaging-service.ts";
import { otpService } from "./otp/otp-service.ts";
import { roomsService } from "./rooms/rooms-service.ts";
import { holdPlace } from "./kit/public-streams.ts";
import { createReflection } from "./reflection.ts";
import { streamingService } from "./streaming/streaming-service.ts";

/** All RPCs of the server, with what surrounds them; the same for every protocol and both ports. */
export type RpcRoutes = ReturnType<typeof createRpcRoutes>;

/** @param shutdownSignal aborted, with the error to end them by, when running calls must end now */
export function createRpcRoutes(ctx: ServerContext, shutdownSignal: AbortSignal) {
  const own = [
    streamingService(ctx),
    authService(ctx),
    otpService(ctx),
    messagingService(ctx),
    roomsService(ctx),
  ];
  const offered = [...own.map(({ service }) => service), Health, ServerReflectionV1, ServerReflectionV1Alpha];
  const health = createHealthService(
    offered.map(({ typeName }) => typeName),
    () => ctx.time.state !== "wrong",
  );
  const places = new Places();
  const watch = holdPlace(places, health.handlers.watch);
  const { serverReflectionInfo } = createReflection(offered);
  const reflection = { serverReflectionInfo: holdPlace(places, serverReflectionInfo) };
  const services = [
    ...own,
    rpcService(Health, { check: anyone, watch: anyone }, { check: health.handlers.check, watch }),
    rpcService(ServerReflectionV1, { serverReflectionInfo: anyone }, reflection),
    rpcService(ServerReflectionV1Alpha, { serverReflectionInfo: anyone }, reflection),
  ];
  const options: ConnectRouterOptions = {
    // Compressing each small message of a stream costs ten times what it saves.
    acceptCompression: [],
    requestGate: measureCalls(createAuthInterceptor({ ...ctx, services }), ctx.metrics, ctx.tracing),
    interceptors: [createWatchInterceptor(ctx.guard), createErrorInterceptor(ctx.logger)],
    shutdownSignal,
  };
  return {
    /** The services, with the access of their RPCs. */
    services,
    health,
    routes: (protocols: RpcProtocols) => (router: ConnectRouter) => {
      for (const service of services) service.addTo(router, protocols);
    },
    options,
  };
}
