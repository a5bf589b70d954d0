import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { PipitError } from "#contract/pipit-error.ts";
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  type Health,
} from "#proto/grpc/health/v1/health_pb.ts";

/**
 * The health of this server and each of its services, as gRPC's health protocol tells it.
 *
 * @param services full names that can be asked for; "" (the whole server) always can
 */
export function createHealthService(services: readonly string[]) {
  const known = new Set(["", ...services]);
  const stopping = new AbortController();
  const status = (): ServingStatus =>
    stopping.signal.aborted ? ServingStatus.NOT_SERVING : ServingStatus.SERVING;
  const handlers: ServiceImpl<typeof Health> = {
    check({ service }) {
      if (known.has(service)) return { status: status() };
      throw new ConnectError(`There is no service ${JSON.stringify(service)} here.`, Code.NotFound);
    },
    async *watch({ service }, context) {
      // Not an error by the protocol: the service may come later.
      yield { status: known.has(service) ? status() : ServingStatus.SERVICE_UNKNOWN };
      await aborted(AbortSignal.any([stopping.signal, context.signal]));
      if (context.signal.aborted) return;
      if (known.has(service)) yield { status: status() };
      throw new PipitError("SERVER_STOPPING", "The server is stopping.");
    },
  };
  return {
    handlers,
    /** Everything is NOT_SERVING from now on; watchers are told, then their streams end. */
    stop: () => stopping.abort(),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
